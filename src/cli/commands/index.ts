// The commands of the binary, in the order of its help. A command is imported when it is asked for: together they import
// everything, which takes many times as long as a short command itself.
import type { Command } from 'commander';

/** Adds arguments, options, examples and the action. */
type Configure = (command: Command) => void;

export interface CommandEntry {
  /** As it is typed, with its arguments. */
  readonly usage: string;
  readonly description: string;
  load(): Promise<Configure>;
}

export const commands: readonly CommandEntry[] = [
  {
    usage: 'start',
    description: 'Run the runtime: consume the queues until Ctrl-C',
    load: async () => (await import('./start.js')).startCommand,
  },
  {
    usage: 'run <task>',
    description: 'Run a task once, here and now, without a queue',
    load: async () => (await import('./run.js')).runCommand,
  },
  {
    usage: 'dispatch <task>',
    description: 'Put an execution of a task into the queue',
    load: async () => (await import('./dispatch.js')).dispatchCommand,
  },
  {
    usage: 'executions',
    description: 'List and show executions, replay them, cancel them',
    load: async () => (await import('./executions/index.js')).executionsCommand,
  },
  {
    usage: 'schedules',
    description: 'List the schedules; pause, resume and run them',
    load: async () => (await import('./schedules/index.js')).schedulesCommand,
  },
  {
    usage: 'queues',
    description: 'List the queues; pause and resume them',
    load: async () => (await import('./queues.js')).queuesCommand,
  },
  {
    usage: 'workers',
    description: 'List the workers that are alive',
    load: async () => (await import('./workers.js')).workersCommand,
  },
  {
    usage: 'tasks',
    description: 'List the tasks of the enabled plugins',
    load: async () => (await import('./tasks.js')).tasksCommand,
  },
  {
    usage: 'plugins',
    description: 'List the enabled plugins in the order in which they start',
    load: async () => (await import('./plugins.js')).pluginsCommand,
  },
  {
    usage: 'retries <task>',
    description: 'Print when the retries of a task happen',
    load: async () => (await import('./retries.js')).retriesCommand,
  },
  {
    usage: 'migrate',
    description: 'Run the migrations of the enabled plugins on Maria',
    load: async () => (await import('./migrate.js')).migrateCommand,
  },
  {
    usage: 'doctor',
    description: 'Connect to everything that is configured and say what was found',
    load: async () => (await import('./doctor.js')).doctorCommand,
  },
];
