// The extension point for what `skep doctor` examines beside the queue and the data sources.
import type { DependencyContainer } from 'tsyringe';
import { type Contribution, extensionPoint } from './plugin.js';

/** What a probe found: one line for a person, facts for a program. */
export interface Finding {
  readonly found: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Looks at a service that a plugin depends on. */
export interface Probe {
  readonly name: string;
  /**
   * Connects and asks.
   * @param services the root container; plugins are registered and not started.
   * @throws SkepError when the service cannot be used.
   */
  examine(services: DependencyContainer): Promise<Finding>;
}

/** Where plugins contribute probes; see {@link probe}. */
export const probes = extensionPoint<Probe>('probe');

/** Contributes something that `skep doctor` examines. */
export function probe(value: Probe): Contribution<Probe> {
  return { point: probes, value };
}
