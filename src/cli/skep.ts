#!/usr/bin/env node
// The binary.
import { CommanderError } from 'commander';
import { createProgram } from './program.js';
import { reportFailure } from './terminal/failure.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  // Commander has printed what is wrong with the command line; 0 is --help and --version.
  const json = process.argv.includes('--json');
  process.exitCode =
    error instanceof CommanderError && error.exitCode !== 0
      ? 2
      : reportFailure(error, { json, verbose: false });
}
