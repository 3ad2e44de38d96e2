// Runs commands of the binary one after the other in one process, as test/support/skep.ts asks: each in a folder and with
// an environment of its own. Starting a process and importing Skep takes ten times as long as most commands do.
import { fileURLToPath, pathToFileURL } from 'node:url';

const binary = fileURLToPath(new URL('../../dist/cli/skep.js', import.meta.url));
/** @type {typeof import('../../src/cli/run-program.js')} */
const { runProgram } = await import(new URL('run-program.js', pathToFileURL(binary)).href);

/** What the process writes goes to the command that is running. */
const written = { stdout: '', stderr: '' };
for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
  /** @type {(chunk: unknown, ...rest: unknown[]) => boolean} */
  const write = (chunk, ...rest) => {
    written[name] +=
      typeof chunk === 'string' ? chunk : Buffer.from(/** @type {Uint8Array} */ (chunk));
    const done = rest.find((each) => typeof each === 'function');
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
  process[name].write = /** @type {typeof process.stdout.write} */ (write);
}

/**
 * A command adds listeners and leaves them to the end of its process, which comes after the suite here: Node warns of the
 * eleventh on standard error, which would then be part of what some command wrote.
 * @type {readonly import('node:events').EventEmitter[]}
 */
const emitters = [process, process.stdout, process.stderr];

/** @param {readonly import('node:events').EventEmitter[]} of */
const listenersOf = (of) =>
  of.flatMap((emitter) =>
    emitter.eventNames().flatMap((event) =>
      emitter.listeners(event).map((each) => ({
        emitter,
        event,
        listener: /** @type {() => void} */ (each),
      })),
    ),
  );

/** @param {{ cwd: string, env: Record<string, string>, args: string[] }} command */
async function run({ cwd, env, args }) {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.argv[0] ?? '', binary, ...args];
  process.exitCode = undefined;
  Object.assign(written, { stdout: '', stderr: '' });
  const before = listenersOf(emitters);
  const exited = new Promise((resolve) => {
    process.exit = /** @type {typeof process.exit} */ (
      (code) => resolve(Number(code ?? process.exitCode ?? 0))
    );
  });
  const ended = runProgram().then(() => process.exitCode ?? 0);
  const code = await Promise.race([exited, ended]);
  for (const { emitter, event, listener } of listenersOf(emitters)) {
    const isOld = before.some(
      (old) => old.emitter === emitter && old.event === event && old.listener === listener,
    );
    if (!isOld) emitter.off(event, listener);
  }
  return { code, signal: null, ...written };
}

/** What a command left behind may fail after its end, where the binary would have ended as well. */
let isRunning = false;
process.on('unhandledRejection', (error) => {
  if (isRunning && process.listenerCount('unhandledRejection') === 1) throw error;
});

let last = Promise.resolve();
process.on(
  'message',
  (/** @type {{ id: number, command: Parameters<typeof run>[0] }} */ { id, command }) => {
    last = last.then(async () => {
      isRunning = true;
      const finished = await run(command);
      isRunning = false;
      process.send?.({ id, finished });
    });
  },
);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
