// Time, randomness and identifiers enter through here, so that tests are exact.
import { v7 as uuidv7 } from 'uuid';

export interface Seams {
  /** Wall clock, milliseconds since 1970 UTC. */
  now(): number;
  /** Uniform on [0, 1). */
  random(): number;
  /** A new execution id; ids made later sort later. */
  newId(): string;
}

export const systemSeams: Seams = {
  now: () => Date.now(),
  random: () => Math.random(),
  newId: () => uuidv7(),
};
