// What the main thread tells the thread that watches it while code of plugins loads, registers, starts and closes.

/** Code of a plugin that the main thread is at. */
export interface PluginActivity {
  /** As a person knows it: the module, or `plugin "name"`. */
  readonly who: string;
  /** What it does: `load`, `register`, `start`, `close`. */
  readonly what: string;
  /** How long it may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Times in milliseconds. */
export interface PluginWatchSettings {
  readonly beatMs: number;
  /** A main thread that has not turned for so long is named on stderr. */
  readonly tellAfterMs: number;
  /** One that goes on so long after the process was to end is killed with it. */
  readonly killAfterMs: number;
}

export type ToWatchThread =
  | ({ readonly kind: 'begin'; readonly id: number; readonly mayPause: boolean } & PluginActivity)
  | { readonly kind: 'end'; readonly id: number }
  /** The event loop has turned. */
  | { readonly kind: 'beat' };

/** Evaluated in the paused main thread, which then has no listeners for signals: they end it at once. */
export const releaseKey = 'skep.plugin-watch';
