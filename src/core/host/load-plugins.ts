// Loads the enabled plugins: finds, imports and validates each, and puts them in order of dependency.
import satisfies from 'semver/functions/satisfies.js';
import valid from 'semver/functions/valid.js';
import validRange from 'semver/ranges/valid.js';
import { z } from 'zod';
import { defaultStartTimeout, type PluginEntry } from '../config/config-schema.js';
import { durationMs } from '../duration.js';
import { addErrorCodes } from '../errors/entries.js';
import { schemaProblems } from '../errors/schema-problems.js';
import {
  messageOf,
  problemsOf,
  SkepError,
  SkepProblems,
  throwProblems,
} from '../errors/skep-error.js';
import { skepVersion } from '../version.js';
import { NotInTime, within } from '../within.js';
import type { ImportModule } from './import-module.js';
import type { LoadedPlugin } from './loaded-plugin.js';
import { dependencyOrder } from './order.js';
import { type Plugin, pluginMark } from './plugin.js';
import { pluginError } from './plugin-error.js';
import { resolveModule } from './resolve-module.js';

export interface LoadPluginsOptions {
  readonly entries: readonly PluginEntry[];
  readonly configFile: string;
  readonly place: (path: readonly PropertyKey[]) => string;
  readonly importModule: ImportModule;
}

const range = z
  .string()
  .refine((text) => validRange(text) !== null, { error: 'expected a semver range' });
const hook = z.custom((value) => typeof value === 'function', { error: 'expected a function' });
const manifestSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
    error: 'expected lower-case words joined by "-"',
  }),
  version: z
    .string()
    .refine((text) => valid(text) !== null, { error: 'expected a semver version' }),
  skep: range.optional(),
  requires: z.record(z.string(), range).optional(),
  options: z
    .custom((value) => value !== null && typeof value === 'object' && '~standard' in value, {
      error: 'expected a Standard Schema (zod, valibot, …)',
    })
    .optional(),
  tasks: z.array(hook).optional(),
  contributes: z
    .array(z.object({ point: z.object({ name: z.string() }), value: z.unknown() }))
    .optional(),
  errors: z
    .record(
      z.string().regex(/^(?!SKEP_)[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/, {
        error: 'expected upper-case words joined by "_"; SKEP_ is taken',
      }),
      z.strictObject({
        cause: z.string().min(1),
        remedy: z.string().min(1),
        exitCode: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
      }),
    )
    .optional(),
  register: hook.optional(),
  start: hook.optional(),
  close: hook.optional(),
});

/**
 * Loads all enabled plugins.
 * @returns the sound ones in order of dependency, and every mistake that was found.
 */
export async function loadPlugins(
  options: LoadPluginsOptions,
): Promise<{ plugins: LoadedPlugin[]; problems: SkepError[] }> {
  const problems: SkepError[] = [];
  const loaded: LoadedPlugin[] = [];
  // Whether a missing dependency is merely disabled is worth saying, so disabled modules keep their name.
  const disabled = options.entries.filter(({ enabled }) => enabled === false);
  for (const [index, entry] of options.entries.entries()) {
    if (entry.enabled === false) continue;
    const place = (path: readonly PropertyKey[]): string =>
      options.place(['plugins', index, ...path]);
    try {
      const plugin = await importPlugin(entry, options, place);
      const validated = await checkedOptions(plugin, entry, place);
      const twin = loaded.find((other) => other.plugin.name === plugin.name);
      if (twin) throw listedTwice(plugin.name, entry, twin.entry, place([]));
      loaded.push({ plugin, entry, options: validated });
    } catch (error) {
      problems.push(
        ...problemsOf(error instanceof SkepError ? error : unreadable(entry, place, error)),
      );
    }
  }
  const ordered = dependencyOrder(loaded, disabled);
  return { plugins: ordered.plugins, problems: [...problems, ...ordered.problems] };
}

/** What a module exports may throw when it is read. */
function unreadable(
  { module }: PluginEntry,
  place: (path: readonly PropertyKey[]) => string,
  error: unknown,
): SkepError {
  const message = `what "${module}" exports cannot be read: ${messageOf(error)}`;
  return new SkepError('SKEP_PLUGIN_INVALID', message, { cause: error, place: place(['module']) });
}

function listedTwice(
  name: string,
  { module }: PluginEntry,
  first: PluginEntry,
  place: string,
): SkepError {
  const same = module === first.module;
  return new SkepError(
    'SKEP_PLUGIN_INVALID',
    same
      ? `the plugin "${name}" is listed twice`
      : `"${first.module}" and "${module}" are both the plugin "${name}"`,
    {
      place,
      remedy: same
        ? 'Remove one of the two entries from plugins.json.'
        : 'Remove one of the two entries from plugins.json, or give one of the plugins another name.',
    },
  );
}

async function importPlugin(
  entry: PluginEntry,
  options: LoadPluginsOptions,
  place: (path: readonly PropertyKey[]) => string,
): Promise<Plugin> {
  let url: string;
  try {
    url = resolveModule(entry.module, options.configFile);
  } catch (error) {
    const { code, message, remedy } = error as SkepError;
    throw new SkepError(code, message, { cause: error, remedy, place: place(['module']) });
  }
  const module = await importOrExplain(url, entry, options.importModule, place(['module']));
  const exported = defaultExport(module);
  if (!isPlugin(exported)) {
    throw new SkepError(
      'SKEP_PLUGIN_INVALID',
      `"${entry.module}" has no default export made with definePlugin()`,
      { place: place(['module']) },
    );
  }
  // Read once: a getter that gives another value, or throws, the next time is of no further concern.
  const { [pluginMark]: _, ...manifest } = exported;
  const parsed = manifestSchema.safeParse(manifest);
  const at = `the manifest of "${entry.module}"`;
  if (!parsed.success) {
    const problemPlace = { code: 'SKEP_PLUGIN_INVALID', locate: () => at } as const;
    throw new SkepProblems(schemaProblems(manifestSchema, parsed.error, problemPlace));
  }
  const { name, skep, contributes = [] } = manifest;
  if (skep !== undefined && !satisfies(skepVersion, skep)) {
    throw new SkepError(
      'SKEP_PLUGIN_INVALID',
      `plugin "${name}" works with Skep ${skep}; this is ${skepVersion}`,
      { place: place(['module']) },
    );
  }
  throwProblems(
    contributes.flatMap(({ point, value }, index) => {
      const problem = point.problem?.(value);
      if (problem === undefined) return [];
      const message = `plugin "${name}": contributes[${index}] (${point.name}): ${problem}`;
      return [new SkepError('SKEP_PLUGIN_INVALID', message, { place: at })];
    }),
  );
  addErrorCodes(exported.errors ?? {});
  return Object.assign(Object.create(Object.getPrototypeOf(exported)), manifest, {
    [pluginMark]: true,
  });
}

const lateRemedy =
  'Raise startTimeout in plugins.json when the machine is merely slow; otherwise see what the module computes or awaits at its top.';

const noMetadataRemedy =
  "Name the type in the decorator, as in @Column({ type: 'int' }): TypeScript is loaded without metadata of types, whatever tsconfig.json says.";

async function importOrExplain(
  url: string,
  { module, startTimeout = defaultStartTimeout }: PluginEntry,
  importModule: ImportModule,
  place: string,
): Promise<unknown> {
  try {
    const timeoutMs = durationMs(startTimeout);
    return await within(() => importModule(url, { module, timeoutMs }), timeoutMs);
  } catch (error) {
    const why =
      error instanceof NotInTime
        ? `was not loaded within ${startTimeout}`
        : `threw while loading: ${messageOf(error)}`;
    // The advice in the words of a library does not help here.
    const noMetadata = why.includes('emitDecoratorMetadata') ? noMetadataRemedy : undefined;
    const remedy = error instanceof NotInTime ? lateRemedy : noMetadata;
    throw new SkepError('SKEP_PLUGIN_LOAD', `"${module}" ${why}`, {
      cause: error,
      place,
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
}

/** A TypeScript file that Node takes for CommonJS puts its default export one level deeper. */
function defaultExport(module: unknown): unknown {
  const first = (module as { default?: unknown }).default;
  if (isPlugin(first)) return first;
  return (first as { default?: unknown } | undefined)?.default ?? first;
}

const isPlugin = (value: unknown): value is Plugin =>
  typeof value === 'object' && value !== null && (value as Plugin)[pluginMark] === true;

/** Under the bound of its loading: a schema may ask a server that does not answer. */
async function checkedOptions(
  plugin: Plugin,
  entry: PluginEntry,
  place: (path: readonly PropertyKey[]) => string,
): Promise<unknown> {
  const timeoutMs = durationMs(entry.startTimeout ?? defaultStartTimeout);
  try {
    return await within(() => validateOptions(plugin, entry, place), timeoutMs);
  } catch (error) {
    if (error instanceof SkepError) throw error;
    const what = { what: 'failed to check its options', late: 'did not check its options' };
    throw pluginError({ plugin: plugin.name, ...what, code: 'SKEP_PLUGIN_LOAD' }, error);
  }
}

async function validateOptions(
  plugin: Plugin,
  entry: PluginEntry,
  place: (path: readonly PropertyKey[]) => string,
): Promise<unknown> {
  const { options: schema } = plugin;
  if (schema === undefined) {
    if (entry.options === undefined || Object.keys(entry.options).length === 0) return undefined;
    throw new SkepError('SKEP_CONFIG_INVALID', `plugin "${plugin.name}" takes no options`, {
      place: place(['options']),
    });
  }
  if (schema instanceof z.ZodType) {
    const parsed = await schema.safeParseAsync(entry.options ?? {});
    if (parsed.success) return parsed.data;
    const locate = (path: readonly PropertyKey[]): string => place(['options', ...path]);
    const problemPlace = { code: 'SKEP_CONFIG_INVALID', locate } as const;
    throw new SkepProblems(schemaProblems(schema, parsed.error, problemPlace));
  }
  const result = await schema['~standard'].validate(entry.options ?? {});
  if (result.issues === undefined) return result.value;
  throw new SkepProblems(
    result.issues.map((issue) => {
      const path = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
      const at = place(['options', ...path]);
      return new SkepError('SKEP_CONFIG_INVALID', issue.message, { place: at });
    }),
  );
}
