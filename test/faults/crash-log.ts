// What the processes of the proof of crash points say of themselves, outside the system: which ids were made, what was
// acknowledged, which attempt began, which crash point was reached.
import { openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';

const words = ['made', 'own', 'acknowledged', 'began', 'failed', 'reached'] as const;
type Word = (typeof words)[number];

/** One line of the log. */
interface Line {
  readonly what: Word;
  /** Of an execution; of the crash point for `reached`. */
  readonly id: string;
  /** Number of the attempt, for `began`. */
  readonly attempt: number;
  readonly pid: number;
}

/** Writes lines: each whole in the log or not there, whenever the process is killed. */
export function crashLogTo(file: string) {
  const log = openSync(file, 'a');
  return (what: Word, id: string, attempt = 0): void => {
    writeSync(log, `${what} ${id} ${attempt} ${process.pid}\n`);
  };
}

export class CrashLog {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
    writeFileSync(file, '');
  }

  /** What was said so far, in order. */
  lines(what: Word): Line[] {
    return linesOf(this.#file).filter((line) => line.what === what);
  }

  ids(what: Word): Set<string> {
    return new Set(this.lines(what).map(({ id }) => id));
  }
}

export function linesOf(file: string): Line[] {
  const texts = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return texts.map((text) => {
    const [word, id = '', attempt, pid] = text.split(' ');
    const what = words.find((each) => each === word);
    if (what === undefined) throw new Error(`not a line of the log: ${text}`);
    return { what, id, attempt: Number(attempt), pid: Number(pid) };
  });
}
