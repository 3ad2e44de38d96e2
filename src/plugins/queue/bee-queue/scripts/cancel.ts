// Cancels an execution.
//   KEYS: base of the queue. ARGV: suffix, id, unique key (or empty), finished record, what is kept of it (or empty),
//         finished to keep, control channel, task
//   Returns 'cancelled' when it waited, 'requested' when a worker has it, 'gone' when it is neither.
import { finish, readClaim, serverNow } from './claims.js';

export const cancel = `
${serverNow}${readClaim}${finish}
local base, id = KEYS[1], ARGV[2]
local lane = base .. ARGV[1]
if redis.call('hexists', lane .. 'jobs', id) == 0 then return 'gone' end
-- From the newest on, and no further than to the first: an entry without its job is let go by whoever pops it.
local waited = redis.call('zrem', lane .. 'delayed', id)
if waited == 0 then waited = redis.call('lrem', lane .. 'waiting', 1, id) end
if waited > 0 then
  finish(base, lane, { id }, { { ARGV[4], ARGV[5], ARGV[3] } }, tonumber(ARGV[6]))
  redis.call('hdel', lane .. 'cancels', id)
  local flow, member = base .. 'flow:' .. ARGV[8] .. ':', ARGV[1] .. '|' .. id
  redis.call('zrem', flow .. 'reserved', member)
  redis.call('zrem', flow .. 'waiters', member)
  return 'cancelled'
end
redis.call('hset', lane .. 'cancels', id, string.format('%d', serverNow()))
redis.call('publish', ARGV[7], 'cancel ' .. id)
return 'requested'
`;
