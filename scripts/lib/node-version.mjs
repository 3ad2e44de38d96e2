// Refuses a Node that is too old, in words, before anything else can fail in a stranger way.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './failure.mjs';
import { root } from './root.mjs';

/** @throws {Failure} when this Node is older than `engines` in package.json asks */
export function requireNode() {
  const running = process.versions.node;
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [major = 0, minor = 0] = engines.node.match(/\d+/g).map(Number);
  const [hasMajor = 0, hasMinor = 0] = running.split('.').map(Number);
  if (hasMajor > major || (hasMajor === major && hasMinor >= minor)) return;
  throw new Failure(
    `Skep needs Node ${major}.${minor} or later; this is ${running} (${process.execPath}). Install a newer Node from nodejs.org or with a version manager, then try again.`,
  );
}
