// What the main thread and a thread for isolated tasks say to each other. All of it is plain data.
import type { MessagePort } from 'node:worker_threads';
import type { Environment } from '../../core/config/environment.js';
import type { LedgerSummary } from '../../core/execution.js';
import type { LogFields } from '../../core/log/logger.js';
import type { RunFields } from '../../core/log/run-fields.js';
import type { LogLevel } from '../../core/log/winston-logger.js';
import type { IsolatedAttempt, IsolatedInterruption } from '../../core/ports/isolation.js';
import type { PortableOutcome } from '../../core/run/portable-outcome.js';
import type { LeaseEnd } from '../../datasources/index.js';

/** What a thread builds its parts from: the same as the main thread did. */
export interface ThreadSettings {
  /** Absolute path of plugins.json. */
  readonly configFile: string;
  readonly environment: Environment;
  readonly cwd: string;
  readonly logLevel: LogLevel;
}

/** Settings of one thread. */
export interface OpenSettings extends ThreadSettings {
  /** How long one step of closing may take inside the thread, in milliseconds. */
  readonly closeStepMs: number;
}

/** What a thread is asked to do, one at a time, and what it answers. */
export type ThreadJob =
  /** Answers an {@link OpenAnswer}. */
  | {
      readonly kind: 'open';
      readonly settings: OpenSettings;
      readonly port: MessagePort;
      readonly gate: Int32Array;
    }
  /** Answers a {@link RunAnswer}. */
  | { readonly kind: 'run'; readonly run: number; readonly attempt: IsolatedAttempt }
  /** Answers nothing. */
  | { readonly kind: 'close' };

export interface OpenAnswer {
  /** Why the thread cannot be used, every mistake that was found. */
  readonly error?: string;
}

export interface RunAnswer {
  readonly decided: PortableOutcome;
  readonly ledger: LedgerSummary;
}

/** Beside its job, to a thread at work. `run` is the number of the run in the thread, from 1. */
export type ToThread =
  | { readonly kind: 'interrupt'; readonly run: number; readonly why: IsolatedInterruption }
  | { readonly kind: 'kill'; readonly run: number };

/** Beside its answers, from a thread. */
export type FromThread =
  | {
      readonly kind: 'progress';
      readonly run: number;
      readonly fraction: number;
      readonly message: string | undefined;
    }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly message: string;
      readonly fields: LogFields;
      readonly run: RunFields | undefined;
    }
  | {
      readonly kind: 'lease-opened';
      readonly run: number;
      readonly source: string;
      readonly connectionId: number;
    }
  | {
      readonly kind: 'lease-ended';
      readonly source: string;
      readonly connectionId: number;
      readonly end: LeaseEnd;
    };
