// The rows that a replication sets aside: counted, the first of them by name, and no more than are allowed.
import { describeRejected, type RejectedRow } from './source-values.js';

/** Rows that a result, a warning or an error names; the others are only counted. */
const mostNamed = 20;

/**
 * More rows of HRIS cannot be taken than `maxRejected` allows. Nothing was changed. It is not retried: the next
 * reading would find the same rows.
 */
export class TooManyRejectedError extends Error {
  override readonly name = 'TooManyRejectedError';

  constructor(
    readonly maxRejected: number,
    /** The first rows that cannot be taken. */
    readonly rows: readonly RejectedRow[],
  ) {
    super(
      `more rows of HRIS have values that cannot be taken than the ${maxRejected} that maxRejected allows; nothing ` +
        'was changed. Correct the rows in HRIS, or raise maxRejected of the plugin hris to set them aside. The ' +
        `first are: ${rows.map(describeRejected).join('; ')}`,
    );
  }
}

/** Collects the rows that one replication sets aside. */
export class Rejections {
  #count = 0;
  readonly #named: RejectedRow[] = [];

  constructor(private readonly maxRejected: number) {}

  get count(): number {
    return this.#count;
  }

  /** The first of them. */
  get named(): readonly RejectedRow[] {
    return this.#named;
  }

  /** @throws TooManyRejectedError when there are more than are allowed. */
  add(rows: readonly RejectedRow[]): void {
    this.#count += rows.length;
    this.#named.push(...rows.slice(0, mostNamed - this.#named.length));
    if (this.#count > this.maxRejected) {
      throw new TooManyRejectedError(this.maxRejected, this.#named);
    }
  }
}
