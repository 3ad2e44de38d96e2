// Finds the server of Redis on this machine.
import { delimiter, join } from 'node:path';
import { isProgram } from './is-program.js';

const folders = () => [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin'];

/** One program under two names: Debian's redis-tools has it under the second, without a service that starts it. */
const names = ['redis-server', 'redis-check-rdb'];

/** The program, which is the server when it is started by the name `redis-server`; undefined when there is none. */
export function findRedis(): string | undefined {
  return names.flatMap((name) => folders().map((folder) => join(folder, name))).find(isProgram);
}
