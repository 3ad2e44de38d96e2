// An installation for random cases: two tasks that return what they are given, two that fail with it, on record and not.
import { type Finished, site, skep } from '../../support/skep.js';
import type { TempFolder } from '../../support/temp-folder.js';

const tasks = `
import { definePlugin, Retry, Task, Tracked } from 'skep';

class Echo { run(payload) { return payload; } }
class Fail { run(payload) { throw new Error(payload?.m ?? String(payload)); } }
class EchoTracked extends Echo {}
class FailTracked extends Fail {}
class Logs {
  run(payload, { logger, progress }) {
    logger.info(String(payload?.m), payload);
    progress(0.5, String(payload?.m));
    return payload;
  }
}
Task({ code: 'echo' })(Echo);
Task({ code: 'fail' })(Fail);
Task({ code: 'logs' })(Logs);
Task({ code: 'echo_tracked' })(EchoTracked); Tracked()(EchoTracked);
Task({ code: 'fail_tracked' })(FailTracked); Tracked()(FailTracked);
export default definePlugin({
  name: 'fuzz', version: '1.0.0', tasks: [Echo, Fail, Logs, EchoTracked, FailTracked],
});
`;

export const taskCodes = ['echo', 'fail', 'logs', 'echo_tracked', 'fail_tracked'] as const;

export const config = {
  plugins: ['skep/plugins/tracking', 'skep/plugins/scheduler', './tasks.mjs'],
  log: { format: 'pretty' },
};

export const fuzzSite = (): TempFolder => site(config, { 'tasks.mjs': tasks });

/** Longer than any of these commands takes on a machine that stands still in between. */
const timeoutMs = 60_000;

/** Runs a command; rejects when it does not end. */
export async function command(
  folder: TempFolder,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Finished> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`does not end: skep ${args.join(' ')}`)), timeoutMs);
  });
  try {
    return await Promise.race([skep(folder, args, env), late]);
  } finally {
    clearTimeout(timer);
  }
}
