#!/usr/bin/env node
// The binary.
import { createProgram, usageError } from './program.js';
import { ignoreBrokenPipes } from './terminal/broken-pipe.js';
import { reportFailure } from './terminal/failure.js';

ignoreBrokenPipes();
const told: string[] = [];
try {
  await createProgram((text) => told.push(text)).parseAsync();
} catch (error) {
  const json = process.argv.includes('--json');
  process.exitCode = reportFailure(usageError(error, told), { json, verbose: false });
}
