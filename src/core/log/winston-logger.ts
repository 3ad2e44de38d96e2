// The logger of a process: winston, structured, redacted, pretty on a terminal and JSON otherwise.
import { hostname } from 'node:os';
import pc from 'picocolors';
import winston, { type Logform } from 'winston';

import { recordError } from '../run/recorded-error.js';
import type { LogFields, Logger } from './logger.js';
import { printable, printableJson } from './printable.js';
import { redact, redactText } from './redact.js';
import { currentRunFields } from './run-fields.js';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'pretty' | 'json';
  readonly stream: NodeJS.WritableStream;
  /** Colours in the pretty format. */
  readonly colour: boolean;
}

/** A logger that can be flushed before the process exits. */
export interface ProcessLogger extends Logger {
  /** Lines below it are dropped; none when absent. */
  readonly level?: LogLevel;
  /** Resolves when every line written so far has left the process. Later lines are dropped. */
  close(): Promise<void>;
}

/** Makes the logger of a process. */
export function createLogger(options: LogOptions): ProcessLogger {
  const { combine, timestamp } = winston.format;
  const prettyLine = winston.format.printf((info) => pretty(info, pc.createColors(options.colour)));
  const logger = winston.createLogger({
    level: options.level,
    format: combine(timestamp(), options.format === 'json' ? jsonLine : prettyLine),
    transports: [new winston.transports.Stream({ stream: options.stream, eol: '\n' })],
  });
  let closed = false;
  const enabled = logLevels.indexOf(options.level);
  const line =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (closed || logLevels.indexOf(level) > enabled) return;
      // As one object: with a message apart, winston would read a `%s` in it as a format and drop the fields.
      // What names the line and its run goes before what a caller gives.
      const own = { ...currentRunFields(), level, ...messageFields(message) };
      logger.log({ ...loggable(fields), ...own });
    };
  return {
    level: options.level,
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
    debug: line('debug'),
    close: () =>
      new Promise((resolve) => {
        closed = true;
        logger.once('finish', () => options.stream.write('', () => resolve()));
        logger.end();
      }),
  };
}

/** When, how bad and what come first, for an eye that reads the raw lines. */
const jsonLine = winston.format.printf(({ timestamp, level, message, ...rest }) =>
  String(printableJson({ timestamp, level, message, ...rest })),
);

/** A name for this worker in logs and records: host and process. */
export const workerName = (): string => `${hostname()}:${process.pid}`;

/** Fields as they may be written: without secrets, errors recorded, all of it plain data. */
export function loggable(fields: LogFields | undefined): LogFields {
  if (typeof fields !== 'object' || fields === null) return {};
  const safe = redact(fields);
  const plain =
    typeof safe === 'object' && !Array.isArray(safe) ? (safe as LogFields) : { fields: safe };
  const error = errorOf(fields);
  return error === undefined ? plain : { ...plain, error: recordError(error) };
}

function errorOf(fields: LogFields): unknown {
  try {
    return fields.error;
  } catch {
    return 'a field that cannot be read';
  }
}

/** JavaScript gives what it likes: an error in place of a message is one, and nothing of it may fail the task that logs. */
function messageFields(message: unknown): { message: string; error?: unknown } {
  if (typeof message === 'string') return { message: redactText(message) };
  const error = recordError(message);
  return { message: error.message, error };
}

const colours = { error: 'red', warn: 'yellow', info: 'green', debug: 'dim' } as const;
/** Shown in the head of a pretty line, or of no use to a person. */
const quiet = new Set([
  'level',
  'message',
  'timestamp',
  'worker',
  'jobId',
  'task',
  'attempt',
  'executionId',
  'state',
  'maxRetries',
  'ledger',
]);

function pretty(
  info: Logform.TransformableInfo,
  paint: ReturnType<typeof pc.createColors>,
): string {
  const { level, message, timestamp, task, attempt, executionId, error, ...rest } = info;
  const time = String(timestamp).slice(11, 23);
  const head = paint[colours[level as LogLevel]](level.toUpperCase().padEnd(5));
  // A line about a task that is not about a run of it has no attempt.
  const name = printable(attempt === undefined ? `${task}` : `${task}#${attempt}`);
  const run = task === undefined ? '' : ` ${paint.cyan(name)}`;
  const fields = Object.entries(rest)
    .filter(([key]) => !quiet.has(key))
    .map(([key, value]) => paint.dim(printable(`${key}=${fieldText(value)}`)));
  // Connections are of interest to a person when one did not end as it should.
  const { killed = 0, leaked = 0 } = (rest.ledger ?? {}) as { killed?: number; leaked?: number };
  if (killed + leaked > 0)
    fields.push(paint.yellow(`connections killed=${killed} leaked=${leaked}`));
  const id = executionId === undefined ? [] : [paint.dim(printable(String(executionId)))];
  const why = error === undefined ? '' : `\n    ${paint.red(errorText(error))}`;
  // Whatever a message holds, it is one line of the log.
  return `${[`${paint.dim(time)} ${head}${run} ${printable(String(message))}`, ...fields, ...id].join(' ')}${why}`;
}

const fieldText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));

/** Lines of an error stand below its first one, and cannot pass for lines of the log. */
const indented = (text: string): string => text.replaceAll('\n', '\n      ');

function errorText(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return indented(printable(`${code ?? 'Error'}: ${message ?? ''}`, { lines: true }));
}
