// The signals that ask a command to stop: the first one does, the second ends the process at once. SIGHUP comes when the terminal
// is closed, as at the end of an ssh session, SIGQUIT from Ctrl-\.

export const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
export type StopSignal = (typeof stopSignals)[number];

/** Exit codes of a process that ended on a signal, as shells have them. */
export const signalExitCode: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGQUIT: 131,
  SIGTERM: 143,
};

/** Ctrl-C reaches a command under `npm start` twice: from the terminal and, a moment later, from npm. */
const repeatMs = 250;

/**
 * Keeps Node from opening its inspector on SIGUSR1, on which every local user could connect and run code. Who wants to debug starts
 * Node with `--inspect`. (Newer Nodes have `--disable-sigusr1`, which a program cannot set for itself.)
 */
export function ignoreInspectorSignal(): void {
  process.on('SIGUSR1', () => undefined);
}

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
  for (const signal of stopSignals) process.on(signal, listen);
  return { stopped, signal: controller.signal, stop };
}
