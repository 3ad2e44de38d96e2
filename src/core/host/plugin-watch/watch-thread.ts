// The thread beside plugin-watch.ts.
import { writeSync } from 'node:fs';
import { Session } from 'node:inspector';
import { parentPort, workerData } from 'node:worker_threads';
import { formatMs } from '../../duration.js';
import { Inspection } from '../../run/loop-watch/inspection.js';
import {
  type PluginActivity,
  type PluginWatchSettings,
  releaseKey,
  type ToWatchThread,
} from './messages.js';

interface Watched extends PluginActivity {
  readonly mayPause: boolean;
  readonly beganAt: number;
}

const { beatMs, tellAfterMs, killAfterMs } = workerData as PluginWatchSettings;
const stderr = 2;
const watched = new Map<number, Watched>();
let turnedAt = performance.now();
let polledAt = turnedAt;
let polling: NodeJS.Timeout | undefined;
let isTold = false;
let interruptedAt: number | undefined;

function receive(message: ToWatchThread): void {
  if (message.kind === 'begin') {
    watched.set(message.id, { ...message, beganAt: performance.now() });
    turned();
    polledAt = turnedAt;
    polling ??= setInterval(poll, beatMs);
  } else if (message.kind === 'end') {
    watched.delete(message.id);
    if (watched.size > 0) return;
    clearInterval(polling);
    polling = undefined;
  } else turned();
}

function turned(): void {
  turnedAt = performance.now();
  isTold = false;
  interruptedAt = undefined;
}

function poll(): void {
  const now = performance.now();
  // Held up itself, as when the process was stopped: says nothing of the main thread.
  if (now - polledAt > Math.max(tellAfterMs / 2, 3 * beatMs)) turnedAt += now - polledAt;
  polledAt = now;
  // The latest: what others began before waits for it.
  const at = [...watched.values()].at(-1);
  if (at === undefined || now - turnedAt < tellAfterMs) return;
  if (!isTold) tell(at);
  if (now < at.beganAt + at.timeoutMs) return;
  if (interruptedAt === undefined) interrupt(at, now);
  else if (now - interruptedAt >= killAfterMs) kill(at);
}

function tell(at: Watched): void {
  isTold = true;
  if (at.mayPause) release();
  const bound = `it is interrupted after ${formatMs(at.timeoutMs)}`;
  write(`${at.who} computes in its ${at.what} and holds up the process; ${bound}`, at);
}

/** Has a signal end the process: its listeners are not reached while the main thread computes. */
function release(): void {
  try {
    new Inspection(`globalThis[Symbol.for(${JSON.stringify(releaseKey)})]?.()`);
  } catch {
    // Then the deadline ends it.
  }
}

/** The code ends where it is, and the event loop turns: whoever waits for it finds that it did not end in time. */
function interrupt(at: Watched, now: number): void {
  interruptedAt = now;
  if (!at.mayPause) return;
  const session = new Session();
  session.connectToMainThread();
  session.post('Runtime.terminateExecution', () => session.disconnect());
  write(
    `${at.who} did not end its ${at.what} within ${formatMs(at.timeoutMs)}, interrupting it`,
    at,
  );
}

/** Native code cannot be interrupted. */
function kill(at: Watched): void {
  if (!at.mayPause) return;
  write(`${at.who} cannot be interrupted in its ${at.what}, ending the process`, at);
  process.kill(process.pid, 'SIGKILL');
}

/** As the logger writes it in its JSON format: the main thread cannot. */
function write(message: string, { who, what }: Watched): void {
  const line = { timestamp: new Date().toISOString(), level: 'error', message, who, what };
  try {
    writeSync(stderr, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody reads it.
  }
}

parentPort?.on('message', receive);
parentPort?.postMessage('watching');
