// The logger that tasks and plugins see: structured, one line an event. winston stands behind it.

export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logger; within a run each line carries the run's ids by itself. */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}
