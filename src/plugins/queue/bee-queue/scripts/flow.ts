// The limits of a task over all workers. A place is held by a claim (lane, id, fence); it is void when that claim is not
// held any more, so a worker that dies gives back its places with its claims.
//   holders: `suffix|id` to `fence|instance` · waiters: `suffix|id` by the time it first waited
//   starts: those of the last window, by time · reserved: starts to come, by time
import { readClaim, serverNow } from './claims.js';

const wakeNext = `
local function wakeNext(base, flow, count)
  while count > 0 do
    local next = redis.call('zpopmin', flow .. 'waiters')[1]
    if not next then return end
    local suffix, id = string.match(next, '^(.-)|(.*)$')
    if redis.call('zrem', base .. suffix .. 'delayed', id) == 1 then
      redis.call('rpush', base .. suffix .. 'waiting', id)
      if suffix ~= '' then redis.call('publish', base .. 'wake', id) end
      count = count - 1
    else
      -- Refused a moment ago and not postponed yet: its worker is told when it postpones it.
      local claim = readClaim(base .. suffix, id)
      if claim and claim.held then
        redis.call('hset', base .. suffix .. 'called', id, claim.fence)
        count = count - 1
      end
    end
  end
end
`;

/** After so long a postponed execution asks again by itself, should nobody have brought it forward. */
const askAgainMs = 5_000;
/** A backlog asks again one after the other. */
const askAgainStepMs = 50;
const askAgainAtMostMs = 60_000;
/** A reserved start that nobody has used so long after its time is free. */
const forgottenAfterMs = 5_000;

/**
 * KEYS: base of the queue. ARGV: task, suffix, id, `fence|instance`, concurrency (0: no limit), rate count (0: none), rate window
 * Returns 0 when it may run, else when to ask again.
 */
export const admit = `
${serverNow}${readClaim}${wakeNext}
local base, now, fence = KEYS[1], serverNow(), ARGV[4]
local flow, member = base .. 'flow:' .. ARGV[1] .. ':', ARGV[2] .. '|' .. ARGV[3]
local concurrency, rate, window = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

local function dropDeadHolders()
  if not redis.call('set', flow .. 'looked', '1', 'PX', 500, 'NX') then return end
  local holders = redis.call('hgetall', flow .. 'holders')
  for index = 1, #holders, 2 do
    local itsSuffix, itsId = string.match(holders[index], '^(.-)|(.*)$')
    local claim = readClaim(base .. itsSuffix, itsId)
    if not claim or not claim.held or claim.fence .. '|' .. claim.instance ~= holders[index + 1] then
      redis.call('hdel', flow .. 'holders', holders[index])
    end
  end
end

local holds = redis.call('hexists', flow .. 'holders', member) == 1
if concurrency > 0 and not holds then
  if redis.call('hlen', flow .. 'holders') >= concurrency then dropDeadHolders() end
  local free = concurrency - redis.call('hlen', flow .. 'holders')
  if free <= 0 then
    redis.call('zadd', flow .. 'waiters', 'NX', now, member)
    local rank = redis.call('zrank', flow .. 'waiters', member)
    return string.format('%d', now + math.min(${askAgainAtMostMs}, ${askAgainMs} + rank * ${askAgainStepMs}))
  end
  if free > 1 then wakeNext(base, flow, free - 1) end
end
if rate > 0 then
  -- Reserved by one that never came: cancelled, expired, refused.
  redis.call('zremrangebyscore', flow .. 'reserved', 0, now - ${forgottenAfterMs})
  redis.call('zremrangebyscore', flow .. 'starts', 0, now - window)
  local due = redis.call('zscore', flow .. 'reserved', member)
  if not due then
    -- The start before which so many others are, of those that were and those that are to be.
    local ahead, before = redis.call('zcard', flow .. 'reserved'), nil
    if ahead >= rate then
      before = redis.call('zrange', flow .. 'reserved', -rate, -rate, 'WITHSCORES')[2]
    elseif redis.call('zcard', flow .. 'starts') + ahead >= rate then
      before = redis.call('zrange', flow .. 'starts', ahead - rate, ahead - rate, 'WITHSCORES')[2]
    end
    due = before and math.max(now, tonumber(before) + window) or now
  end
  due = tonumber(due)
  -- Starts that came later than they were to push on those that follow.
  if due <= now and redis.call('zcard', flow .. 'starts') >= rate then
    due = tonumber(redis.call('zrange', flow .. 'starts', -rate, -rate, 'WITHSCORES')[2]) + window
  end
  if due > now then
    redis.call('zadd', flow .. 'reserved', string.format('%d', due), member)
    return string.format('%d', due)
  end
  redis.call('zrem', flow .. 'reserved', member)
  redis.call('zadd', flow .. 'starts', now, member .. '|' .. fence)
end
if concurrency > 0 then
  redis.call('hset', flow .. 'holders', member, fence)
  redis.call('zrem', flow .. 'waiters', member)
end
return '0'
`;

/** KEYS: base of the queue. ARGV: task, suffix, id, `fence|instance`. Gives the place back and brings the next one forward. */
export const release = `
${readClaim}${wakeNext}
local flow, member = KEYS[1] .. 'flow:' .. ARGV[1] .. ':', ARGV[2] .. '|' .. ARGV[3]
if redis.call('hget', flow .. 'holders', member) ~= ARGV[4] then return 0 end
redis.call('hdel', flow .. 'holders', member)
wakeNext(KEYS[1], flow, 1)
return 1
`;
