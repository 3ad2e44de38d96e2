// Started by `npm start` or `npx skep start`, this process has a shell for its parent. npm passes SIGTERM on to that shell
// alone, which dies of it and tells nobody: the runtime would go on as an orphan, and in a container be killed without a
// drain. So it notices that its parent has changed, and stops as on SIGTERM.
import type { Environment } from '../core/config/environment.js';
import type { Logger } from '../core/log/logger.js';
import { Stopped, type StopWatch, signalExitCode } from './stop-signal.js';

/** Read when the process begins: the shell may die while the plugins are loaded. */
const parentAtStart = process.ppid;

/** What a test puts in place of the process's own. */
export interface LauncherWatchOptions {
  readonly environment?: Environment;
  /** Process id of the parent when this process began. */
  readonly first?: number;
  readonly parent?: () => number;
  /** How often it is looked at, in milliseconds. @default 250 */
  readonly everyMs?: number;
}

/** Stops this process, with its grace period, when npm or npx started it and its parent is gone. */
export function endWithLauncher(
  stop: StopWatch,
  logger: Logger,
  {
    environment = process.env,
    first = parentAtStart,
    parent = () => process.ppid,
    everyMs = 250,
  }: LauncherWatchOptions = {},
): void {
  // Both are set by npm, npx, pnpm and yarn for what they start, and by nothing else.
  if (!environment.npm_lifecycle_event && !environment.npm_execpath) return;
  const look = (): void => {
    if (parent() === first) return;
    clearInterval(timer);
    logger.warn(
      'what started this process is gone, stopping: "exec skep start" would have had the signal',
    );
    const why = 'what started this process is gone';
    stop.stop(Stopped.because(why, signalExitCode.SIGTERM));
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  stop.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  look();
}
