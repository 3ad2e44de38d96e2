// The thread that watches the event loop of the main thread: it misses the beats of a loop that does not turn, looks
// who blocks it, and tells when it turns again. What does not end soon it writes to stderr by itself, because the main
// thread may never come to it.
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { blockFields } from './block-fields.js';
import { Inspection } from './inspection.js';
import type { Beat, Block, FromThread, WatchSettings } from './messages.js';
import { probeExpression } from './probe.js';

interface Blocked {
  readonly inspection: Inspection | undefined;
  isTold: boolean;
}

const { thresholdMs, beatMs, urgentMs } = workerData as WatchSettings;
const stderr = 2;

let beat: Beat = { running: [], mayPause: false };
let turnedAt = performance.now();
let polledAt = turnedAt;
let blocked: Blocked | undefined;

function onBeat(next: Beat): void {
  if (blocked) {
    blocked.inspection?.close();
    tell({ kind: 'block', ...block(blocked) });
    blocked = undefined;
  }
  beat = next;
  turnedAt = performance.now();
}

function poll(): void {
  const now = performance.now();
  // Held up itself, as when the process was stopped or the machine asleep: says nothing of the loop.
  if (now - polledAt > Math.max(thresholdMs / 2, 3 * beatMs)) turnedAt += now - polledAt;
  polledAt = now;
  const silentMs = now - turnedAt;
  if (silentMs < thresholdMs) return;
  blocked ??= { inspection: inspect(), isTold: false };
  if (silentMs < urgentMs || blocked.isTold) return;
  blocked.isTold = true;
  writeLine(block(blocked));
}

function inspect(): Inspection | undefined {
  if (!beat.mayPause) return undefined;
  try {
    return new Inspection(probeExpression);
  } catch {
    // Then the runs that were going on must do.
    return undefined;
  }
}

function block({ inspection }: Blocked): Block {
  const culprit = inspection?.culprit;
  const blockedMs = performance.now() - turnedAt;
  return { blockedMs, ...(culprit ? { culprit } : {}), running: beat.running };
}

/** As the logger writes it in its JSON format. */
function writeLine(facts: Block): void {
  const head = {
    timestamp: new Date().toISOString(),
    level: 'error',
    message: 'the event loop is blocked',
  };
  try {
    writeSync(stderr, `${JSON.stringify({ ...head, ...blockFields(facts) })}\n`);
  } catch {
    // Nobody reads it: the line at the end of the block remains.
  }
}

function tell(message: FromThread): void {
  parentPort?.postMessage(message);
}

parentPort?.on('message', onBeat);
setInterval(poll, beatMs);
tell({ kind: 'watching' });
