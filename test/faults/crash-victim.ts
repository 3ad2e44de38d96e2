// The victim: what of a worker process knows at which step of which execution it is to die. SKEP_CRASH_POINT names the
// point and SKEP_CRASH_LOG the log; without a point nobody dies.
import { systemSeams } from '../../src/core/seams.js';
import { crashLogTo, linesOf } from './crash-log.js';
import { type CrashPoint, crashPointOf, type Moment, nameOf, type Step } from './crash-points.js';

const { SKEP_CRASH_POINT: name, SKEP_CRASH_LOG: logFile } = process.env;

/** What is not to begin before a crash point that precedes it is delayed by this, longer than a busy machine stands still. */
export const aWhile = '20s';

class Victim {
  readonly point: CrashPoint | undefined = name === undefined ? undefined : crashPointOf(name);
  readonly log = logFile === undefined ? () => {} : crashLogTo(logFile);
  /** The execution that this process dispatches. */
  #own: string | undefined;
  /** What that dispatches in its turn. */
  readonly #children = new Set<string>();

  #isOwnNext = false;

  /** The next id is that of the execution in whose course this process is to die; later ones are made by its run. */
  dispatchesOwn(): void {
    this.#isOwnNext = true;
  }

  readonly newId = (): string => {
    const id = systemSeams.newId();
    this.log('made', id);
    if (this.#own !== undefined) this.#children.add(id);
    if (!this.#isOwnNext) return id;
    this.#isOwnNext = false;
    this.#own = id;
    this.log('own', id);
    return id;
  };

  isOwn(id: string): boolean {
    return id === this.#own;
  }

  isChild(id: string): boolean {
    return this.#children.has(id);
  }

  /** Whether a run of this execution has failed before, in whichever process. */
  hasFailed(id: string): boolean {
    if (logFile === undefined) return true;
    return linesOf(logFile).some((line) => line.what === 'failed' && line.id === id);
  }

  /** Performs a step, and dies before or after it when that is the point. */
  async around<T>(step: Step | undefined, perform: () => Promise<T>): Promise<T> {
    this.pass(step, 'before');
    const result = await perform();
    this.pass(step, 'after');
    return result;
  }

  pass(step: Step | undefined, moment: Moment): void {
    if (this.point === undefined || this.point.step !== step || this.point.moment !== moment)
      return;
    this.log('reached', nameOf(this.point));
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Of this process. */
export const victim = new Victim();
