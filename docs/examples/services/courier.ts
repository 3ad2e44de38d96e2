import { appendFileSync } from 'node:fs';
import type { Logger } from 'skep';

/** What tasks ask for; which of the two it is, the options of the plugin say. */
export abstract class Courier {
  abstract send(text: string): void;
}

export class FileCourier extends Courier {
  constructor(private readonly file: string) {
    super();
  }

  send(text: string): void {
    appendFileSync(this.file, `${text}\n`);
  }
}

export class LogCourier extends Courier {
  constructor(private readonly logger: Logger) {
    super();
  }

  send(text: string): void {
    this.logger.info('sent', { text });
  }
}

/** The lines of one run, which the task and its services write together. */
export class Receipt {
  readonly lines: string[] = [];

  constructor(readonly title: string) {}
}
