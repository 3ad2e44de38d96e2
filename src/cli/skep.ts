#!/usr/bin/env node
// The binary: checks the version of Node, and only then imports the rest.
import { isAtLeast, nodeTooOld, requiredNode } from './node-version.js';

const { node } = process.versions;
const required = requiredNode();
if (isAtLeast(node, required)) {
  const { ignoreBrokenPipes } = await import('./terminal/broken-pipe.js');
  const { runProgram } = await import('./run-program.js');
  ignoreBrokenPipes();
  await runProgram();
} else {
  const json = process.argv.includes('--json');
  const text = `${nodeTooOld(node, required, json)}\n`;
  if (json) process.stdout.write(text);
  else process.stderr.write(text);
  process.exitCode = 2;
}
