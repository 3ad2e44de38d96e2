// SIGINT and SIGTERM: the first asks a command to stop, the second ends the process at once.

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Exit codes of a process that ended on a signal, as shells have them. */
export const signalExitCode: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Ctrl-C reaches a command under `npm start` twice: from the terminal and, a moment later, from npm. */
const repeatMs = 250;

export interface StopWatch {
  /** Resolves with the first signal. */
  readonly stopped: Promise<StopSignal>;
  /** Aborts with the first signal; its reason is a {@link Stopped}. */
  readonly signal: AbortSignal;
}

/** The reason with which waiting ends when a signal came. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  constructor(readonly stopSignal: StopSignal) {
    super(`stopped by ${stopSignal}`);
  }
}

/** Listens for signals until the process ends. */
export function watchStopSignals(): StopWatch {
  const controller = new AbortController();
  let resolve: (signal: StopSignal) => void = () => undefined;
  const stopped = new Promise<StopSignal>((done) => {
    resolve = done;
  });
  let firstAt = Number.NaN;
  const listen = (name: StopSignal): void => {
    if (performance.now() - firstAt < repeatMs) return;
    if (controller.signal.aborted) {
      if (process.stderr.isTTY) process.stderr.write('\n');
      process.exit(signalExitCode[name]);
    }
    firstAt = performance.now();
    controller.abort(new Stopped(name));
    resolve(name);
  };
  process.on('SIGINT', listen);
  process.on('SIGTERM', listen);
  return { stopped, signal: controller.signal };
}
