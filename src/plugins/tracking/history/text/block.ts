// Blocks of executions: so many numbers (`seq`) in a row, and the set of those of a block that a word belongs to.

export const blockSize = 4_096;

/** As a bitmap; a shorter value is a list of 16-bit numbers. */
const bitmapBytes = blockSize / 8;
const longestList = bitmapBytes / 2 - 1;

export const blockOf = (seq: number): number => Math.floor(seq / blockSize);
export const firstSeq = (block: number): number => block * blockSize;

/** A set of the places in a block, from 0. */
export class Places {
  readonly #bits: Uint8Array;

  constructor(bits: Uint8Array = new Uint8Array(bitmapBytes)) {
    this.#bits = bits;
  }

  /** Reads what {@link Places.encode} wrote. */
  static decode(value: Uint8Array): Places {
    if (value.length === bitmapBytes) return new Places(Uint8Array.from(value));
    const places = new Places();
    for (let at = 0; at + 1 < value.length; at += 2) {
      places.add((value[at] ?? 0) | ((value[at + 1] ?? 0) << 8));
    }
    return places;
  }

  add(place: number): void {
    this.#bits[place >> 3] = (this.#bits[place >> 3] ?? 0) | (1 << (place & 7));
  }

  has(place: number): boolean {
    return ((this.#bits[place >> 3] ?? 0) & (1 << (place & 7))) !== 0;
  }

  /** Adds all of another set. */
  unite(other: Places): void {
    for (const [at, bits] of other.#bits.entries()) this.#bits[at] = (this.#bits[at] ?? 0) | bits;
  }

  /** Keeps what is in the other set too. */
  intersect(other: Places): void {
    for (const [at, bits] of other.#bits.entries()) this.#bits[at] = (this.#bits[at] ?? 0) & bits;
  }

  /** The last place first. */
  descending(): number[] {
    const places: number[] = [];
    for (let byte = bitmapBytes - 1; byte >= 0; byte -= 1) {
      const bits = this.#bits[byte] ?? 0;
      if (bits === 0) continue;
      for (let bit = 7; bit >= 0; bit -= 1) if (bits & (1 << bit)) places.push(byte * 8 + bit);
    }
    return places;
  }

  encode(): Buffer {
    const places = this.descending();
    if (places.length > longestList) return Buffer.from(this.#bits);
    return encodeList(places);
  }
}

/** The same for places that were collected in a list, which is what most words have. */
export function encodePlaces(places: readonly number[]): Buffer {
  if (places.length <= longestList) return encodeList(places);
  const set = new Places();
  for (const place of places) set.add(place);
  return set.encode();
}

function encodeList(places: readonly number[]): Buffer {
  const list = Buffer.allocUnsafe(places.length * 2);
  for (const [at, place] of places.entries()) list.writeUInt16LE(place, at * 2);
  return list;
}
