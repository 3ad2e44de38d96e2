// Live progress on a terminal: one line that is redrawn below the log.
import { Writable } from 'node:stream';
import pc from 'picocolors';
import { printable } from '../../core/log/printable.js';
import type { RunFields } from '../../core/log/run-fields.js';
import type { RunObserver } from '../../core/ports/observer.js';

interface Shown {
  readonly fields: RunFields;
  fraction: number;
  message: string | undefined;
}

const barWidth = 24;

/** Shows how far the runs of a process are, on a terminal. */
export class StatusLine implements RunObserver {
  readonly #runs = new Map<string, Shown>();
  readonly #stream: NodeJS.WriteStream;
  #drawn = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  started(fields: RunFields): void {
    this.#runs.set(fields.executionId, { fields, fraction: 0, message: undefined });
    this.#draw();
  }

  progress(fields: RunFields, fraction: number, message: string | undefined): void {
    const shown = this.#runs.get(fields.executionId);
    if (!shown) return;
    shown.fraction = fraction;
    shown.message = message;
    this.#draw();
  }

  ended(fields: RunFields): void {
    this.#runs.delete(fields.executionId);
    this.#draw();
  }

  returned(fields: RunFields): void {
    this.ended(fields);
  }

  /** A stream for the log that keeps the status line below what is written. */
  logStream(): Writable {
    return new Writable({
      write: (chunk, _encoding, done) => {
        this.#clear();
        this.#stream.write(chunk, (error) => {
          this.#draw();
          done(error);
        });
      },
    });
  }

  /** Takes the line away, before something else is printed. */
  #clear(): void {
    if (this.#drawn) this.#stream.write('\r\u001b[2K');
    this.#drawn = false;
  }

  #draw(): void {
    this.#clear();
    const [first] = this.#runs.values();
    if (!first) return;
    const others = this.#runs.size > 1 ? pc.dim(` +${this.#runs.size - 1} more`) : '';
    const filled = Math.round(first.fraction * barWidth);
    const bar = pc.green('█'.repeat(filled)) + pc.dim('░'.repeat(barWidth - filled));
    const percent = `${Math.floor(first.fraction * 100)}%`.padStart(4);
    // Cut before it is written out: an escape must stay whole.
    const room = Math.max(10, this.#stream.columns - 60);
    const message = printable((first.message ?? '').slice(0, room));
    this.#stream.write(`${bar}${percent} ${pc.cyan(first.fields.task)} ${message}${others}`);
    this.#drawn = true;
  }
}
