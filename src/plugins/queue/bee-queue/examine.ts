// Looks at the Redis server: whether it can serve as a queue, and what a person should know about it.
import { SkepError } from '../../../core/errors/skep-error.js';
import type { BrokerFacts, BrokerWarning } from '../../../core/ports/broker.js';
import type { Link } from './link.js';
import { transportWarnings } from './redis-address.js';

/** The oldest Redis with every command that is used (LPOP with a count). */
const oldest = [6, 2] as const;

/** @throws SkepError `SKEP_QUEUE_UNFIT` when the server cannot serve as a queue. */
export async function examineServer(link: Link, timeoutMs: number): Promise<BrokerFacts> {
  const info = facts(await link.send((redis) => redis.info(), timeoutMs));
  const version = info.get('redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    throw unfit(link, `is version ${version}; Skep needs ${oldest.join('.')} or newer`);
  }
  if (info.get('role') === 'slave') throw unfit(link, 'is a replica, which takes no writes');
  if (info.get('redis_mode') === 'cluster') {
    throw unfit(
      link,
      'is a node of a cluster; Skep speaks to one server, or a proxy before several',
    );
  }
  return {
    found: `Redis ${version} at ${link.where}`,
    warnings: [...transportWarnings(link.address), ...warnings(info)],
  };
}

function warnings(info: ReadonlyMap<string, string>): BrokerWarning[] {
  const found: BrokerWarning[] = [];
  if (info.get('aof_enabled') === '0') {
    found.push({
      message:
        'Redis keeps no append-only file: a restart loses what was queued since its last snapshot',
      remedy: 'Set `appendonly yes` in redis.conf.',
    });
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction') {
    found.push({
      message: `Redis may evict queued work when its memory is full (maxmemory-policy ${policy})`,
      remedy: 'Set `maxmemory-policy noeviction` in redis.conf.',
    });
  }
  if (info.get('aof_last_write_status') === 'err') {
    found.push({
      message: 'Redis could not write its append-only file',
      remedy: 'Look into the log of Redis; free space on its disk.',
    });
  }
  return found;
}

function facts(info: string): Map<string, string> {
  return new Map(
    info.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

const unfit = ({ where }: Link, why: string): SkepError =>
  new SkepError('SKEP_QUEUE_UNFIT', `the Redis server at ${where} ${why}`);
