// Queue and data folder.
import { type CatalogueEntry, entry } from './entry.js';

export const queueErrors = {
  SKEP_DATA_DIR_IN_USE: entry(
    3,
    'Another runtime owns the data folder.',
    'Stop that runtime, or set SKEP_DATA_DIR to another folder.',
  ),
  SKEP_DATA_DIR_UNUSABLE: entry(
    3,
    'The data folder cannot be created, is read only, holds a symbolic link in place of a file, or its disk is full.',
    'Free space, mend the rights, or set SKEP_DATA_DIR to another folder.',
  ),
  SKEP_QUEUE_UNREACHABLE: entry(
    3,
    'The queue did not answer in time.',
    'Check that Redis runs and that REDIS_URL names the right host and port.',
  ),
  SKEP_QUEUE_REFUSED: entry(
    3,
    'Redis refused the connection or a command.',
    'Check user and password in REDIS_URL, and the rights of that user.',
  ),
  SKEP_QUEUE_UNFIT: entry(
    3,
    'The Redis server cannot serve as a queue.',
    'Use Redis 6.2 or newer, writable, with maxmemory-policy noeviction.',
  ),
  SKEP_STALE_DELIVERY: entry(
    1,
    'A delivery was settled that no longer belongs to this worker.',
    'Nothing: the later attempt decides. Look for a process that was frozen.',
  ),
  SKEP_BROKER_CLOSED: entry(
    3,
    'The queue was used after it had been closed.',
    'Dispatch before the runtime stops.',
  ),
} as const satisfies Record<string, CatalogueEntry>;
