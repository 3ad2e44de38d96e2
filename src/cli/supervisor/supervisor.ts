// Keeps a number of processes alive: replaces what dies or is worn out, passes signals on, ends when all have ended.
import type { Logger } from '../../core/log/logger.js';
import { settleWithin } from '../../core/within.js';
import { type StopSignal, signalExitCode } from '../stop-signal.js';
import { BackOff, type BackOffTimes } from './back-off.js';
import type { Child, ChildEnd } from './child-process.js';
import { type Part, recycledExitCode } from './protocol.js';

export interface SupervisorParts {
  readonly processes: number;
  spawn(part: Part): Child;
  readonly logger: Logger;
  /** A clock that only goes forward, milliseconds. */
  now(): number;
  readonly backOff: BackOffTimes;
  /** How long processes may take to end after a signal before they are killed, milliseconds. */
  readonly patienceMs: number;
}

/** One of the processes that there are to be, through all its replacements. */
interface Place {
  readonly number: number;
  readonly backOff: BackOff;
}

export class Supervisor {
  readonly #parts: SupervisorParts;
  /** With those that drain while their successors have begun. */
  readonly #living = new Set<Child>();
  readonly #waits = new Set<NodeJS.Timeout>();
  readonly #lastEnds: ChildEnd[] = [];
  #stopping = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
  }

  /** Starts all processes; the first one has the startup tasks. */
  start(): void {
    const { processes, backOff } = this.#parts;
    for (let number = 1; number <= processes; number++) {
      this.#fill({ number, backOff: new BackOff(backOff) }, number === 1 ? 'first' : 'other');
    }
  }

  /**
   * Passes the signal on and waits until every process has ended.
   * @returns the exit code: that of the signal, or 1 when a process did not end as it should.
   */
  async stop(signal: StopSignal): Promise<number> {
    const { logger, patienceMs } = this.#parts;
    this.#stopping = true;
    for (const wait of this.#waits) clearTimeout(wait);
    logger.info('stopping', { processes: this.#living.size });
    for (const child of this.#living) child.kill(signal);
    const late = await settleWithin(() => this.#allEnded(), patienceMs);
    if (late !== undefined) {
      logger.error('processes did not end in time, killing them', { processes: this.#living.size });
      this.kill();
      await this.#allEnded();
    }
    const isProper = (end: ChildEnd): boolean =>
      end.signal === signal ||
      [0, recycledExitCode, signalExitCode[signal]].includes(end.exitCode ?? -1);
    return this.#lastEnds.every(isProper) ? signalExitCode[signal] : 1;
  }

  /** Ends every process at once. */
  kill(): void {
    for (const child of this.#living) child.kill('SIGKILL');
  }

  #fill(place: Place, part: Part): void {
    const { spawn, now, logger } = this.#parts;
    const child = spawn(part);
    const startedAt = now();
    this.#living.add(child);
    logger.debug('process started', { process: place.number, pid: child.pid });
    let isReplaced = false;
    let owesStartup = part === 'first';
    const replace = (isRecycled: boolean): void => {
      if (isReplaced || this.#stopping) return;
      isReplaced = true;
      this.#refill(place, place.backOff.next(now() - startedAt, isRecycled));
    };
    child.onMessage((message) => {
      if (message === 'startup-over') owesStartup = false;
      else replace(true);
    });
    void child.ended.then((end) => {
      this.#living.delete(child);
      if (this.#stopping) this.#lastEnds.push(end);
      this.#tell(place, child, end);
      if (owesStartup && !this.#stopping) {
        // Doing them again from the front could loop for ever over one that kills its process.
        logger.error('the startup tasks were not brought to their end; the next start has them');
      }
      replace(end.exitCode === recycledExitCode);
    });
  }

  #refill(place: Place, waitMs: number): void {
    if (waitMs === 0) {
      this.#fill(place, 'other');
      return;
    }
    this.#parts.logger.warn('waiting before a process is replaced', {
      process: place.number,
      waitMs,
    });
    const wait = setTimeout(() => {
      this.#waits.delete(wait);
      this.#fill(place, 'other');
    }, waitMs);
    this.#waits.add(wait);
  }

  #tell({ number }: Place, { pid }: Child, { exitCode, signal, error }: ChildEnd): void {
    const facts = { process: number, pid, ...(signal ? { signal } : { exitCode }) };
    const { logger } = this.#parts;
    if (error) logger.error('a process could not be started', { ...facts, error });
    else if (exitCode === recycledExitCode) logger.info('a worn-out process has ended', facts);
    else if (this.#stopping) logger.debug('process ended', facts);
    else logger.error('a process died', facts);
  }

  async #allEnded(): Promise<void> {
    while (this.#living.size > 0) {
      await Promise.all([...this.#living].map(({ ended }) => ended));
    }
  }
}
