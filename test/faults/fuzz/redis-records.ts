// Records that no Skep has written: what a broken, foreign or hostile producer may leave in the layout of bee-queue.

import { Random } from './random.js';

export interface Planted {
  /** Of the job in Redis. */
  readonly id: string;
  /** What stands under the id; nothing when undefined. */
  readonly record: string | undefined;
}

/** Values of every type, ordinary and at the edge. */
const oddValues: readonly string[] = [
  'null',
  'true',
  '0',
  '-1',
  '1.5',
  '1e308',
  '1e999',
  '9007199254740993',
  '""',
  '"text"',
  '"\\u0000"',
  '"\\ud800"',
  '[]',
  '[[[[]]]]',
  '{}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '"__proto__"',
  '"constructor"',
];

const oddIds: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'with space',
  'line\nbreak',
  'pipe|pipe',
  'colon:{brace}',
  '*',
  '[a-z]?',
  'ü😀',
  '-1',
  '0',
  'x'.repeat(5_000),
];

/** Makes so many records, each of another kind than the one before. */
export class Fuzz {
  readonly #random: Random;
  #count = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  next(): Planted {
    this.#count += 1;
    const id = `fuzz-${this.#count}`;
    const kinds = [
      () => ({ id, record: this.#truncated(id) }),
      () => ({ id, record: this.#noise() }),
      () => ({ id, record: this.#wrongType(id) }),
      () => ({ id, record: this.#missing(id) }),
      () => ({ id, record: this.#prototypeKeys(id) }),
      () => ({ id, record: this.#wrongPayload(id) }),
      () => ({ id, record: this.#foreign() }),
      () => ({ id, record: this.#anotherId(id) }),
      () => ({
        id: `${this.#random.one(oddIds)}${this.#odd(id)}`,
        record: this.#job(this.#envelope(id)),
      }),
      () => ({ id, record: undefined }),
      () => ({ id, record: this.#count % 100 === 0 ? this.#huge(id) : this.#deep() }),
    ];
    return (kinds[this.#count % kinds.length] ?? kinds[0])?.() ?? { id, record: undefined };
  }

  /** Keeps odd ids apart. */
  #odd(id: string): string {
    return this.#random.next() < 0.5 ? id : `\u0001${id}`;
  }

  /** The fields of a sound envelope, as texts of JSON. */
  #envelope(id: string, task = 'noop', payload = '{"n":1}'): Map<string, string> {
    return new Map([
      ['v', '1'],
      ['id', JSON.stringify(id)],
      ['task', JSON.stringify(task)],
      ['queue', '"default"'],
      ['payload', payload],
      ['attempt', '1'],
      ['dispatchedAt', '1700000000000'],
      ['triggeredBy', '"fuzz"'],
    ]);
  }

  #job(envelope: ReadonlyMap<string, string>): string {
    const fields = [...envelope].map(([name, value]) => `"${name}":${value}`);
    return `{"data":{${fields.join(',')}},"options":{"timestamp":1,"stacktraces":[]},"status":"created"}`;
  }

  #truncated(id: string): string {
    const whole = this.#job(this.#envelope(id));
    return whole.slice(0, this.#random.upTo(whole.length - 1));
  }

  #noise(): string {
    const length = this.#random.upTo(200);
    return Array.from({ length }, () => String.fromCharCode(this.#random.upTo(0x2ff))).join('');
  }

  #wrongType(id: string): string {
    const value = this.#random.one(oddValues) ?? '';
    const place = this.#random.next();
    if (place < 0.1) return value;
    if (place < 0.2) return `{"data":${value},"options":{},"status":"created"}`;
    if (place < 0.3)
      return this.#job(this.#envelope(id)).replace(/"options":\{.*?\}/, `"options":${value}`);
    const envelope = this.#envelope(id);
    const more = ['scheduledFor', 'parent', 'expiresAt', 'unique', 'unheardOf'];
    return this.#job(envelope.set(this.#random.one([...envelope.keys(), ...more]) ?? 'v', value));
  }

  #missing(id: string): string {
    const envelope = this.#envelope(id);
    envelope.delete(this.#random.one([...envelope.keys()]) ?? 'v');
    return this.#job(envelope);
  }

  #prototypeKeys(id: string): string {
    const name = this.#random.one([
      '__proto__',
      'constructor',
      'prototype',
      'toJSON',
      'hasOwnProperty',
    ]);
    const value = '{"polluted":true}';
    const inside = `{"${name}":${value},"n":1}`;
    return this.#random.next() < 0.5
      ? this.#job(this.#envelope(id).set(name ?? '', value))
      : this.#job(this.#envelope(id, this.#random.one(['noop', 'checked']), inside));
  }

  #wrongPayload(id: string): string {
    return this.#job(this.#envelope(id, 'checked', this.#random.one(oddValues)));
  }

  /** Of a producer that uses bee-queue by itself, or of another Skep. */
  #foreign(): string {
    const data = this.#random.one([
      '{"x":1}',
      '{"to":"a@example.com"}',
      '[1,2]',
      '"text"',
      '{"v":2}',
    ]);
    const options = '{"timestamp":1700000000000,"stacktraces":[],"retries":3,"timeout":10}';
    return `{"data":${data},"options":${options},"status":"${this.#random.one(['created', 'retrying'])}"}`;
  }

  /** An envelope under an id that is not its own, or of a task that there is not. */
  #anotherId(id: string): string {
    const task = this.#random.one(['noop', 'unheard_of', '__proto__', '']);
    return this.#job(this.#envelope(this.#random.next() < 0.5 ? 'another' : id, task));
  }

  #huge(id: string): string {
    return this.#job(this.#envelope(id, 'noop', `"${'x'.repeat(2 * 1024 * 1024)}"`));
  }

  #deep(): string {
    const depth = this.#random.upTo(20_000);
    return `{"data":${'['.repeat(depth)}${']'.repeat(depth)},"options":{},"status":"created"}`;
  }
}
