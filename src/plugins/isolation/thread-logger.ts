// The logger inside of a thread: its lines are written by the main thread, with the fields of the run they belong to.
import { redactText } from '../../core/log/redact.js';
import { currentRunFields } from '../../core/log/run-fields.js';
import {
  type LogLevel,
  loggable,
  logLevels,
  type ProcessLogger,
} from '../../core/log/winston-logger.js';
import type { FromThread } from './messages.js';

/** @param level lines below it do not leave the thread. */
export function threadLogger(level: LogLevel, send: (line: FromThread) => void): ProcessLogger {
  const enabled = logLevels.indexOf(level);
  const line =
    (at: LogLevel): ProcessLogger['info'] =>
    (message, fields) => {
      if (logLevels.indexOf(at) > enabled) return;
      // Made plain here: fields may hold what cannot cross.
      send({
        kind: 'log',
        level: at,
        message: redactText(message),
        fields: loggable(fields),
        run: currentRunFields(),
      });
    };
  return {
    level,
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
    debug: line('debug'),
    // What was sent is the main thread's, and is there before this thread's last answer.
    close: async () => undefined,
  };
}
