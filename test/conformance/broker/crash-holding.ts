// Kills a process that holds deliveries.
import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a script of an adapter that calls `holdAll`, and kills it with SIGKILL once it holds `count` deliveries and
 * `meanwhile` is done. Returns the ids that it held.
 */
export async function crashHolding(
  script: URL,
  args: readonly string[],
  count: number,
  meanwhile: (ids: readonly string[]) => Promise<unknown> = async () => undefined,
): Promise<string[]> {
  const child = fork(script, args, { execArgv: ['--import', 'tsx'] });
  const gone = once(child, 'exit');
  const ids: string[] = [];
  const held = new Promise<void>((resolve) => {
    child.on('message', (id) => {
      ids.push(String(id));
      if (ids.length === count) resolve();
    });
  });
  const diedEarly = gone.then(([code]) => {
    throw new Error(`the process ended by itself with ${code}`);
  });
  diedEarly.catch(() => undefined);
  await Promise.race([held, diedEarly]);
  await meanwhile(ids);
  child.kill('SIGKILL');
  await gone;
  return ids;
}
