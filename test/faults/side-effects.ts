// The log of side effects that the proofs compare with what was dispatched: a file of its own, which neither queue nor
// database knows of. Tasks write it; the test reads it.
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';

/** Nanoseconds, of the clock that all processes of this machine share. */
export const now = (): number => Number(process.hrtime.bigint());

/** Writes lines: each whole in the log or not there, whenever the process is killed. */
export function sideEffectsTo(file: string) {
  const log = openSync(file, 'a');
  return (what: 'started' | 'ended', id: string): void => {
    writeSync(log, `${what} ${id} ${process.pid} ${now()}\n`);
  };
}

/** One attempt, as its own code told it. */
export interface Effect {
  readonly id: string;
  readonly pid: number;
  readonly startedAt: number;
  /** Undefined when its process was killed before. */
  endedAt: number | undefined;
}

export class SideEffects {
  readonly #file: string;
  readonly #effects: Effect[] = [];
  readonly #open = new Map<string, Effect>();
  #ended = 0;
  #offset = 0;
  #rest = '';

  constructor(file: string) {
    this.#file = file;
    writeFileSync(file, '');
  }

  /** All attempts so far, in the order in which they were written down. */
  get all(): readonly Effect[] {
    this.#read();
    return this.#effects;
  }

  /** How many attempts have ended so far. */
  get ended(): number {
    this.#read();
    return this.#ended;
  }

  /** Attempts by execution, in the order of their starts. */
  byExecution(): Map<string, Effect[]> {
    const attempts = new Map<string, Effect[]>();
    for (const effect of this.all) {
      const known = attempts.get(effect.id);
      if (known) known.push(effect);
      else attempts.set(effect.id, [effect]);
    }
    for (const some of attempts.values()) some.sort((a, b) => a.startedAt - b.startedAt);
    return attempts;
  }

  /** Only what was added since the last look. */
  #read(): void {
    const buffer = Buffer.alloc(1 << 16);
    const log = openSync(this.#file, 'r');
    try {
      for (;;) {
        const length = readSync(log, buffer, 0, buffer.length, this.#offset);
        if (length === 0) return;
        this.#offset += length;
        const lines = (this.#rest + buffer.toString('latin1', 0, length)).split('\n');
        this.#rest = lines.pop() ?? '';
        for (const line of lines) this.#take(line);
      }
    } finally {
      closeSync(log);
    }
  }

  #take(line: string): void {
    const [what, id = '', pid, time] = line.split(' ');
    const attempt = `${id} ${pid}`;
    if (what === 'ended') {
      const effect = this.#open.get(attempt);
      if (effect === undefined) throw new Error(`ended without a start: ${line}`);
      effect.endedAt = Number(time);
      this.#ended += 1;
      this.#open.delete(attempt);
      return;
    }
    // Two at one time in one process would be told apart by nothing.
    if (this.#open.has(attempt)) throw new Error(`started twice at one time: ${line}`);
    const effect = { id, pid: Number(pid), startedAt: Number(time), endedAt: undefined };
    this.#open.set(attempt, effect);
    this.#effects.push(effect);
  }
}

/** Executions of which an attempt began before the one before it was over. */
export function overlaps(effects: SideEffects, diedAt: ReadonlyMap<number, number>): string[] {
  const overlapping: string[] = [];
  for (const [id, attempts] of effects.byExecution()) {
    for (const [index, { pid, endedAt }] of attempts.slice(0, -1).entries()) {
      const end = endedAt ?? diedAt.get(pid) ?? Number.POSITIVE_INFINITY;
      if ((attempts[index + 1]?.startedAt ?? 0) < end) overlapping.push(id);
    }
  }
  return overlapping;
}
