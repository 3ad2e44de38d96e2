// The extension point for what `skep doctor` examines beside the queue and the data sources.
import type { DependencyContainer } from 'tsyringe';
import { within } from '../within.js';
import { type Contribution, extensionPoint } from './plugin.js';
import { pluginError } from './plugin-error.js';

/** What a probe found: one line for a person, facts for a program. */
export interface Finding {
  readonly found: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Looks at a service that a plugin depends on. */
export interface Probe {
  readonly name: string;
  /**
   * Connects and asks. A probe that has not answered after 30 s is reported as a problem and left behind.
   * @param services the root container; plugins are registered and not started.
   * @throws SkepError when the service cannot be used.
   */
  examine(services: DependencyContainer): Promise<Finding>;
}

/** Where plugins contribute probes; see {@link probe}. */
export const probes = extensionPoint<Probe>('probe', (value) => {
  const { name, examine } = (value ?? {}) as Partial<Probe>;
  const isProbe = typeof name === 'string' && typeof examine === 'function';
  return isProbe ? undefined : 'expected { name, examine() }';
});

/** Contributes something that `skep doctor` examines. */
export function probe(value: Probe): Contribution<Probe> {
  return { point: probes, value };
}

/** How long a probe may take, in milliseconds. */
const defaultProbeTimeoutMs = 30_000;

/** A probe and the plugin that contributed it. */
export interface ProbeOfPlugin {
  readonly plugin: string;
  readonly probe: Probe;
}

/**
 * Asks a probe of a plugin, for a bounded time: a diagnosis that does not end is none.
 * @param timeoutMs how long it may take, in milliseconds. @default 30_000
 * @throws SkepError that names the plugin and the probe.
 */
export async function askProbe(
  { plugin, probe: asked }: ProbeOfPlugin,
  services: DependencyContainer,
  timeoutMs = defaultProbeTimeoutMs,
): Promise<Finding> {
  try {
    // Declared as returning a finding; JavaScript may return nothing all the same, which is no good news.
    const finding: Partial<Finding> | undefined = await within(
      () => asked.examine(services),
      timeoutMs,
    );
    if (typeof finding?.found !== 'string') throw new TypeError('examine() returned no { found }');
    return { ...finding, found: finding.found };
  } catch (error) {
    const step = {
      what: `failed in its probe "${asked.name}"`,
      late: `did not answer its probe "${asked.name}"`,
    };
    throw pluginError({ plugin, ...step, code: 'SKEP_PLUGIN_FAILED' }, error);
  }
}
