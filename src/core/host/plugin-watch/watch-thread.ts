// The thread beside plugin-watch.ts.
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { formatMs } from '../../duration.js';
import { describedEntry } from '../../errors/entries.js';
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
/** On a busy machine the main thread may not be paused in time; then it is tried again. */
let releasedAt = 0;
let endedAt: number | undefined;

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
  releasedAt = 0;
  endedAt = undefined;
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
  if (at.mayPause && now - releasedAt >= tellAfterMs) release(now);
  if (now < at.beganAt + at.timeoutMs) return;
  if (endedAt === undefined) endProcess(at, now);
  else if (now - endedAt >= killAfterMs) kill(at);
}

function tell(at: Watched): void {
  isTold = true;
  const bound = `the process is ended after ${formatMs(at.timeoutMs)}`;
  write(`${at.who} computes in its ${at.what} and holds up the process; ${bound}`, at);
}

/** Has a signal end the process: its listeners are not reached while the main thread computes. */
function release(now: number): void {
  releasedAt = now;
  try {
    new Inspection(`globalThis[Symbol.for(${JSON.stringify(releaseKey)})]?.()`);
  } catch {
    // Then the deadline ends it.
  }
}

/**
 * Ends the process at the deadline. The code is not interrupted: that would unwind the calls of the runtime below it as well, so that
 * nobody would ever learn that it did not end, and where a callback of Node called it, Node itself aborts.
 */
function endProcess(at: Watched, now: number): void {
  endedAt = now;
  // Under a debugger a person holds the main thread, and not the plugin.
  if (!at.mayPause) return;
  const bound = formatMs(at.timeoutMs);
  const code = at.what === 'load' ? 'SKEP_PLUGIN_LOAD' : 'SKEP_PLUGIN_START';
  const isBeginning = at.what !== 'close' && at.what !== 'stop';
  const message = `${at.who} did not end its ${at.what} within ${bound}, ending the process`;
  write(message, at, isBeginning ? { code, remedy: describedEntry(code).remedy } : {});
  // Evaluated in the main thread, which is paused for it.
  const exitCode = isBeginning ? describedEntry(code).exitCode : 1;
  try {
    new Inspection(`process.exit(${exitCode})`);
  } catch {
    // Then it is killed, a moment later.
  }
}

/** Native code cannot be paused. */
function kill(at: Watched): void {
  if (!at.mayPause) return;
  write(`${at.who} cannot be ended in its ${at.what}, killing the process`, at);
  process.kill(process.pid, 'SIGKILL');
}

/** As the logger writes it in its JSON format: the main thread cannot. */
function write(message: string, { who, what }: Watched, fields: object = {}): void {
  const timestamp = new Date().toISOString();
  const line = { timestamp, level: 'error', message, who, what, ...fields };
  try {
    writeSync(stderr, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody reads it.
  }
}

parentPort?.on('message', receive);
parentPort?.postMessage('watching');
