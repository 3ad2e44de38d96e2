// The binary as a user runs it: built, in a process of its own, in a folder of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from './commands.js';
import { ownEnvironment } from './own-environment.js';
import { type TempFolder, tempFolder } from './temp-folder.js';
import { until } from './until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const binary = join(root, 'dist/cli/skep.js');

/** A folder in which the package `skep` is installed. */
export function site(plugins: object, files: Record<string, string> = {}): TempFolder {
  const folder = tempFolder();
  mkdirSync(join(folder.path, 'node_modules'));
  symlinkSync(root, join(folder.path, 'node_modules/skep'));
  folder.write('plugins.json', plugins);
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  return folder;
}

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `skep`. */
export class SkepProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  #stdout = '';
  #stderr = '';
  readonly #watchers = new Set<() => void>();
  /** It has ended, and all that it said is here: its end alone may be known before its last words. */
  #isClosed = false;

  /** @param ownGroup a process group of its own, as a shell gives to what is typed into a terminal */
  constructor(
    folder: string,
    args: readonly string[],
    env: Record<string, string> = {},
    { ownGroup = false } = {},
  ) {
    this.child = spawn(process.execPath, [binary, ...args], {
      cwd: folder,
      env: { ...ownEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: ownGroup,
    });
    this.child.stdout?.on('data', (chunk) => {
      this.#stdout += String(chunk);
      this.#tell();
    });
    this.child.stderr?.on('data', (chunk) => {
      this.#stderr += String(chunk);
      this.#tell();
    });
    this.finished = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        this.#isClosed = true;
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#tell();
      });
    });
  }

  /** Resolves when the output holds the text; rejects when the process ends without it. */
  async saw(text: string | RegExp, times = 1): Promise<void> {
    const pattern =
      typeof text === 'string' ? new RegExp(literal(text), 'g') : new RegExp(text, 'g');
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const count = [...`${this.#stdout}\n${this.#stderr}`.matchAll(pattern)].length;
        if (count < times && !this.#isClosed) return;
        this.#watchers.delete(look);
        if (count >= times) resolve();
        else reject(new Error(`ended without ${String(text)}:\n${this.#stdout}\n${this.#stderr}`));
      };
      this.#watchers.add(look);
      look();
    });
  }

  kill(signal: NodeJS.Signals): Promise<Finished> {
    this.child.kill(signal);
    return this.finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** An execution as it is when it has ended: the log says so a moment before the queue knows. */
export async function endedView<View extends { readonly state: string }>(
  show: () => Promise<View>,
): Promise<View> {
  let view: View | undefined;
  // Each look is a process of its own.
  await until(async () => {
    view = await show();
    return view.state !== 'queued' && view.state !== 'running';
  }, 120_000);
  if (view === undefined) throw new Error('nobody has looked');
  return view;
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Runs a command to its end, in a process that serves all commands of the suite. Use `SkepProcess` where the process is
 * the point: signals, crashes, pipes, code of a plugin that changes between two commands.
 */
export function skep(
  folder: TempFolder,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  return runCommand({ cwd: folder.path, env: { ...ownEnvironment(), ...env }, args });
}
