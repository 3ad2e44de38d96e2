// A plugin as the host holds it.
import type { PluginEntry } from '../config/config-schema.js';
import type { Plugin } from './plugin.js';

/** A plugin that was loaded, with its options validated. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  readonly entry: PluginEntry;
  readonly options: unknown;
}
