// Cancels an execution.
//   KEYS: base of the queue. ARGV: now, suffix, id, unique key (or empty), finished record, what is kept of it (or empty),
//         finished to keep, control channel, task
//   Returns 'cancelled' when it waited, 'requested' when a worker has it, 'gone' when it is neither.
import { finish, readClaim } from './claims.js';

export const cancel = `
${readClaim}${finish}
local base, id = KEYS[1], ARGV[3]
local lane = base .. ARGV[2]
if redis.call('hexists', lane .. 'jobs', id) == 0 then return 'gone' end
-- From the newest on, and no further than to the first: an entry without its job is let go by whoever pops it.
local waited = redis.call('zrem', lane .. 'delayed', id)
if waited == 0 then waited = redis.call('lrem', lane .. 'waiting', 1, id) end
if waited > 0 then
  finish(base, lane, { id }, { { ARGV[5], ARGV[6], ARGV[4] } }, tonumber(ARGV[7]), ARGV[1])
  redis.call('hdel', lane .. 'cancels', id)
  local flow, member = base .. 'flow:' .. ARGV[9] .. ':', ARGV[2] .. '|' .. id
  redis.call('zrem', flow .. 'reserved', member)
  redis.call('zrem', flow .. 'waiters', member)
  return 'cancelled'
end
redis.call('hset', lane .. 'cancels', id, ARGV[1])
redis.call('publish', ARGV[8], 'cancel ' .. id)
return 'requested'
`;
