// Runs the command line of this process.
// First of all: tsyringe, which most commands import one way or another, cannot be evaluated before it.
import 'reflect-metadata';
import type { Command } from 'commander';
import { createProgram, usageError } from './program.js';
import { ignoreInspectorSignal } from './stop-signal.js';
import { reportFailure } from './terminal/failure.js';

/** Parses the arguments of the process and does what they ask for. */
export async function runProgram(): Promise<void> {
  ignoreInspectorSignal();
  const args = process.argv.slice(2);
  const complaints: string[] = [];
  let program: Command | undefined;
  try {
    program = await createProgram(args, (text) => complaints.push(text));
    await program.parseAsync();
  } catch (error) {
    const json = args.includes('--json');
    process.exitCode = reportFailure(usageError(error, complaints, args, program), {
      json,
      verbose: false,
    });
  }
}
