// Random command lines: known and misspelt commands and options, with hostile values.
import type { Command } from 'commander';
import { createProgram } from '../../../src/cli/program.js';
import type { TempFolder } from '../../support/temp-folder.js';
import { eachCase } from './each-case.js';
import { command, fuzzSite, taskCodes } from './fuzz-site.js';
import { hostileJson, hostileText, torn } from './hostile-text.js';
import type { Random } from './random.js';
import { whatIsNoJson, whatIsWrong } from './what-is-wrong.js';

interface KnownCommand {
  readonly words: readonly string[];
  readonly options: readonly { readonly flag: string; readonly takesValue: boolean }[];
  readonly argumentCount: number;
}

/** Wait for what nobody brings about, or never end by design. */
const endless = new Set(['--follow', '--wait', '--processes', '--help', '--version']);

async function knownCommands(): Promise<KnownCommand[]> {
  const names = (await createProgram([], () => undefined)).commands.map((each) => each.name());
  const known: KnownCommand[] = [];
  const add = (words: readonly string[], each: Command): void => {
    const options = each.options.flatMap(({ long, required, optional }) =>
      long && !endless.has(long) ? [{ flag: long, takesValue: required || optional }] : [],
    );
    known.push({ words, options, argumentCount: each.registeredArguments.length });
    for (const below of each.commands) add([...words, below.name()], below);
  };
  for (const name of names) {
    const program = await createProgram([name], () => undefined);
    const found = program.commands.find((each) => each.name() === name);
    if (found !== undefined) add([name], found);
  }
  return known;
}

function value(random: Random, ids: readonly string[]): string {
  const make = random.one([
    () => hostileText(random),
    () => hostileText(random),
    () => hostileJson(random),
    () => random.one(taskCodes),
    () => random.one(['5s', '1h', '-1s', '0ms', '1e9d', '99999999999999d', 'P1D']),
    () => random.one(['0', '1', '-1', '1.5', '1e30', '100000000', '0x10', ' 1']),
    () => random.one(['2026-01-01', '2026-02-30', '+275760-09-13T00:00:00.001Z', 'now', '1h']),
    () => random.one(['failed', 'failed,', 'running,unheard', 'high', 'default', '@', '@-', '@/']),
    () => torn(random, random.one(taskCodes)),
    () => random.one(ids.length > 0 ? ids : ['none']),
  ]);
  // No process can be given a NUL in its arguments.
  return make().replaceAll('\0', '');
}

function commandLine(
  random: Random,
  known: readonly KnownCommand[],
  ids: readonly string[],
): string[] {
  const { words, options, argumentCount } = random.one(known);
  const [name = ''] = words;
  const typed = [
    ...words.slice(0, -1),
    random.chance(0.05) ? torn(random, words.at(-1) ?? '') : (words.at(-1) ?? ''),
  ];
  const positional = random.chance(0.85) ? argumentCount : random.upTo(3);
  for (let index = 0; index < positional; index += 1) {
    typed.push(random.chance(0.5) ? random.one(taskCodes) : value(random, ids));
  }
  for (let count = random.upTo(3); count > 0 && options.length > 0; count -= 1) {
    const { flag, takesValue } = random.one(options);
    const shown = random.chance(0.05) ? torn(random, flag) : flag;
    if (!takesValue) typed.push(shown);
    else if (random.chance(0.3)) typed.push(`${shown}=${value(random, ids)}`);
    else typed.push(shown, value(random, ids));
  }
  if (random.chance(0.3)) typed.push('--json');
  if (random.chance(0.1)) typed.push('--config', value(random, ids));
  // What serves until it is stopped ends when there is nothing to do.
  if (name === 'start') typed.push('--once');
  return typed.map((word) => word.replaceAll('\0', ''));
}

describe('random command lines', () => {
  let folder: TempFolder;
  beforeAll(() => {
    folder = fuzzSite();
  });
  afterAll(() => folder[Symbol.dispose]());

  it('end in time with a code and a sentence, and write nothing raw', async () => {
    const known = await knownCommands();
    const ids: string[] = [];
    await eachCase(import.meta.url, 300, async (random) => {
      const args = commandLine(random, known, ids);
      const finished = await command(folder, args);
      if (args[0] === 'dispatch' && finished.code === 0 && !args.includes('--json')) {
        ids.push(finished.stdout.trim());
      }
      const noJson = args.includes('--json') ? whatIsNoJson(finished) : [];
      return [...whatIsWrong(finished), ...noJson].map(
        (wrong) => `skep ${JSON.stringify(args)}: ${wrong}`,
      );
    });
  }, 600_000);
});
