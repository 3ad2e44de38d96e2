// A folder for a private server that does not outlive this process, however the process ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const guardianScript = fileURLToPath(new URL('./guardian.mjs', import.meta.url));

export class GuardedFolder {
  /** Short, so that a socket in it has a legal name. */
  readonly path: string;
  readonly #guardian: ChildProcess;

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `skep-${name}-`));
    // A session of its own: Ctrl-C on the terminal does not end the guardian before its work.
    this.#guardian = spawn(process.execPath, [guardianScript, this.path], {
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    });
    this.#guardian.unref();
    if (this.#guardian.stdin instanceof Socket) this.#guardian.stdin.unref();
  }

  /** The same clean-up as after a crash, so that it is the one in daily use: kills, then removes. */
  async remove(): Promise<void> {
    if (this.#guardian.exitCode !== null) return;
    const gone = once(this.#guardian, 'exit');
    this.#guardian.ref();
    this.#guardian.stdin?.end();
    await gone;
  }
}
