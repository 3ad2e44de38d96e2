// What it costs to log a value of about 1 MiB, whatever it is: hostile text, bytes, wide and deep objects. Prints a table and
// one line of JSON; exits with 1 when one costs more than is to be reached.
import 'reflect-metadata';
import Table from 'cli-table3';
import { printableJson } from '../src/core/log/printable.js';
import { redact } from '../src/core/log/redact.js';
import { median } from './support/median.js';

const rounds = 9;
const limitMs = 5;
const mib = 1024 * 1024;

/** Text of 1 MiB, as 64 strings: what a payload with a list of lines is. */
const strings = (piece: string): string[] =>
  Array<string>(64).fill(piece.repeat(mib / 64 / piece.length + 1).slice(0, mib / 64));

function deep(): object {
  let value: object = {};
  for (let depth = 0; depth < 100_000; depth += 1) value = { value };
  return value;
}

const values: Readonly<Record<string, unknown>> = {
  'plain text': strings('The quick brown fox jumps over the lazy dog. '),
  'one text': strings('lorem ipsum ').join(''),
  'a://:': strings('a://:'),
  'a:b@': strings('a:b@'),
  'password=': strings('password='),
  'quotes that nobody closes': strings('token="'),
  'PEM that nobody ends': strings('-----BEGIN PRIVATE KEY-----'),
  eyJ: strings('-eyJaaaaaa'),
  'escape sequences': strings('\u001b[2J\u202e'),
  'a Buffer of 40 MB': { body: Buffer.alloc(40_000_000) },
  'a list of 1,000,000': Array<number>(1_000_000).fill(7),
  'an object of 20,000 keys': Object.fromEntries(
    Array.from({ length: 20_000 }, (_, n) => [`the_key_of_number_${n}`, 'a value of some length']),
  ),
  '100,000 objects in one another': deep(),
};

const results = Object.entries(values).map(([name, value]) => {
  const times = Array.from({ length: rounds }, () => {
    const began = performance.now();
    printableJson(redact(value));
    return performance.now() - began;
  });
  return { name, ms: median(times) };
});

const table = new Table({ head: ['logged', 'ms', `to reach: under ${limitMs}`] });
for (const { name, ms } of results) table.push([name, ms.toFixed(2), ms < limitMs ? '' : 'missed']);
process.stdout.write(`${table.toString()}\n`);
process.stdout.write(`${JSON.stringify({ benchmark: 'redact', limitMs, results })}\n`);
if (results.some(({ ms }) => ms >= limitMs)) process.exitCode = 1;
