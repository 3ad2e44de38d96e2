// SIGINT and SIGTERM: the first asks a command to stop, the second ends the process at once.

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** Exit codes of a process that ended on a signal, as shells have them. */
export const signalExitCode: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/** Ctrl-C reaches a command under `npm start` twice: from the terminal and, a moment later, from npm. */
const repeatMs = 250;

export interface StopWatch {
  /** Resolves with the first reason to stop. */
  readonly stopped: Promise<Stopped>;
  /** Aborts with the first reason to stop, which is its reason. */
  readonly signal: AbortSignal;
  /** Stops as the first signal does, for another reason; after the first one nothing happens. */
  stop(why: Stopped): void;
}

/** Why a command stops before its work is done: the reason with which waiting ends. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  private constructor(
    message: string,
    /** What the process ends with when the stop went well. */
    readonly exitCode: number,
    readonly signal: StopSignal | undefined,
  ) {
    super(message);
  }

  static by(signal: StopSignal): Stopped {
    return new Stopped(`stopped by ${signal}`, signalExitCode[signal], signal);
  }

  static because(reason: string, exitCode: number): Stopped {
    return new Stopped(reason, exitCode, undefined);
  }
}

/**
 * Listens for signals until the process ends.
 * @param beforeEnd is called when a second signal ends the process at once.
 */
export function watchStopSignals(beforeEnd: () => void = () => undefined): StopWatch {
  const controller = new AbortController();
  let resolve: (why: Stopped) => void = () => undefined;
  const stopped = new Promise<Stopped>((done) => {
    resolve = done;
  });
  // Of several reasons both keep the first.
  const stop = (why: Stopped): void => {
    controller.abort(why);
    resolve(why);
  };
  let firstAt = Number.NaN;
  const listen = (name: StopSignal): void => {
    if (performance.now() - firstAt < repeatMs) return;
    // A signal that comes while the process stops for another reason is no second one.
    if (!Number.isNaN(firstAt)) {
      if (process.stderr.isTTY) process.stderr.write('\n');
      beforeEnd();
      process.exit(signalExitCode[name]);
    }
    firstAt = performance.now();
    stop(Stopped.by(name));
  };
  process.on('SIGINT', listen);
  process.on('SIGTERM', listen);
  return { stopped, signal: controller.signal, stop };
}
