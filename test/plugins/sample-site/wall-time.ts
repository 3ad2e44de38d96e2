// Wall time by asking Intl each time: slow and plain, so that it can be compared with the arithmetic.

/** Reads and writes the wall time of a zone; all numbers are seconds. */
export class WallTime {
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: zone,
      dateStyle: 'short',
      timeStyle: 'medium',
    });
  }

  /** `YYYY-MM-DD HH:MM:SS`. */
  text(instant: number): string {
    return this.#format.format(instant * 1000);
  }

  date(instant: number): string {
    return new Date((instant + this.#offset(instant)) * 1000).toISOString().slice(0, 10);
  }

  /** Every instant at which clocks show this, in order; in a gap the one as long after its start. */
  instants(text: string): [number, ...number[]] {
    const wall = Date.parse(`${text.replace(' ', 'T')}Z`) / 1000;
    const offsets = [...new Set([-86_400, 0, 86_400].map((near) => this.#offset(wall + near)))];
    const [first, ...others] = offsets
      .map((offset) => wall - offset)
      .filter((instant) => instant + this.#offset(instant) === wall)
      .sort((a, b) => a - b);
    return first === undefined ? [wall - Math.min(...offsets)] : [first, ...others];
  }

  /** No zone changes its offset but at a full quarter of an hour. */
  #offset(instant: number): number {
    const quarter = Math.floor(instant / 900) * 900;
    let offset = this.#offsets.get(quarter);
    if (offset === undefined) {
      offset = Date.parse(`${this.text(quarter).replace(' ', 'T')}Z`) / 1000 - quarter;
      this.#offsets.set(quarter, offset);
    }
    return offset;
  }
}

const dates = new Map<string, string>();

/** The date so many days after `YYYY-MM-DD`. */
export function plusDays(date: string, days: number): string {
  const key = `${date}${days}`;
  const known = dates.get(key) ?? shifted(date, days);
  dates.set(key, known);
  return known;
}

function shifted(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
