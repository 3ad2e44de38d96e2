// The fields that every log line of a run carries by itself, through AsyncLocalStorage.
import { AsyncLocalStorage } from 'node:async_hooks';

export interface RunFields {
  readonly executionId: string;
  readonly task: string;
  readonly attempt: number;
  readonly worker: string;
  /** The id that the broker gave the delivery; the execution id on brokers without ids of their own. */
  readonly jobId: string;
}

const storage = new AsyncLocalStorage<RunFields>();

/** Runs code as part of a run. */
export function withRunFields<T>(fields: RunFields, code: () => T): T {
  return storage.run(fields, code);
}

/** The run to which the calling code belongs, if any. */
export function currentRunFields(): RunFields | undefined {
  return storage.getStore();
}
