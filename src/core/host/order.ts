// Puts plugins in order of dependency: what a plugin requires comes before it.
import satisfies from 'semver/functions/satisfies.js';
import type { PluginEntry } from '../config/config-schema.js';
import { SkepError } from '../errors/skep-error.js';
import { didYouMean } from '../suggest.js';
import type { LoadedPlugin } from './loaded-plugin.js';

/** The plugins that can work, dependencies first and otherwise as listed; and why the others cannot. */
export function dependencyOrder(
  loaded: readonly LoadedPlugin[],
  disabled: readonly PluginEntry[],
): { plugins: LoadedPlugin[]; problems: SkepError[] } {
  const byName = new Map(loaded.map((each) => [each.plugin.name, each]));
  const problems: SkepError[] = [];
  const done = new Set<string>();
  const plugins: LoadedPlugin[] = [];

  const visit = (each: LoadedPlugin, trail: readonly string[]): void => {
    const { name, requires = {} } = each.plugin;
    if (done.has(name)) return;
    if (trail.includes(name)) {
      const circle = [...trail.slice(trail.indexOf(name)), name].join(' -> ');
      problems.push(new SkepError('SKEP_PLUGIN_DEPENDENCY', `plugins need each other: ${circle}`));
      return;
    }
    for (const [needed, range] of Object.entries(requires)) {
      const found = byName.get(needed);
      if (!found) problems.push(missing(name, needed, [...byName.keys()], disabled));
      else if (!satisfies(found.plugin.version, range)) {
        const message = `plugin "${name}" needs "${needed}" ${range}; installed is ${found.plugin.version}`;
        problems.push(new SkepError('SKEP_PLUGIN_DEPENDENCY', message));
      } else visit(found, [...trail, name]);
    }
    if (done.has(name)) return;
    done.add(name);
    plugins.push(each);
  };
  for (const each of loaded) visit(each, []);
  return { plugins, problems };
}

function missing(
  name: string,
  needed: string,
  enabled: readonly string[],
  disabled: readonly PluginEntry[],
): SkepError {
  const off = disabled.find(
    ({ module }) =>
      module
        .split('/')
        .at(-1)
        ?.replace(/\.[cm]?[jt]s$/, '') === needed,
  );
  const why = off
    ? `"${off.module}" is disabled`
    : `it is not enabled${didYouMean(needed, enabled)}`;
  return new SkepError('SKEP_PLUGIN_DEPENDENCY', `plugin "${name}" needs "${needed}", and ${why}`, {
    place: 'plugins.json',
  });
}
