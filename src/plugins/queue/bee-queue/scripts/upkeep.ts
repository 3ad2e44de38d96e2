// What keeps claims true while workers come, go and lose their connection.
import { readClaim, serverNow, writeClaim } from './claims.js';

/**
 * Tells bee-queue's stall check that the claims of an instance are alive.
 *   KEYS: base of the queue. ARGV: instance, suffixes of lanes.
 */
export const keepAlive = `
${readClaim}
for index = 2, #ARGV do
  local lane = KEYS[1] .. ARGV[index]
  for _, id in ipairs(redis.call('smembers', lane .. 'stalling')) do
    local claim = readClaim(lane, id)
    if claim and claim.held and claim.instance == ARGV[1] then redis.call('srem', lane .. 'stalling', id) end
  end
end
`;

/**
 * Counts the crash of executions that bee-queue's stall check has queued again, and lets them go first.
 *   KEYS: base of the queue. ARGV: suffix, ids.
 */
export const requeueStalled = `
${readClaim}${writeClaim}
local lane = KEYS[1] .. ARGV[1]
for index = 2, #ARGV do
  local id = ARGV[index]
  if redis.call('lrem', lane .. 'waiting', -1, id) == 1 then
    redis.call('rpush', lane .. 'waiting', id)
    local claim = readClaim(lane, id)
    if claim and claim.held then
      claim.held, claim.instance, claim.startedAt, claim.crashes = false, '', '0', claim.crashes + 1
      writeClaim(lane, id, claim)
    end
  end
end
`;

/**
 * Hands back what was claimed for an instance by a call whose answer was lost.
 *   KEYS: base of the queue. ARGV: instance, number of lanes, suffixes, then what it knows of: suffix, id and fence in one.
 *   Returns how many.
 */
export const handBackUnknown = `
${readClaim}${writeClaim}
local known, back = {}, 0
local lanes = tonumber(ARGV[2])
for index = 3 + lanes, #ARGV do known[ARGV[index]] = true end
for index = 3, 2 + lanes do
  local lane = KEYS[1] .. ARGV[index]
  for _, id in ipairs(redis.call('lrange', lane .. 'active', 0, -1)) do
    local claim = readClaim(lane, id)
    if claim and claim.held and claim.instance == ARGV[1] 
        and not known[ARGV[index] .. id .. '|' .. string.format('%d', claim.fence)] then
      redis.call('lrem', lane .. 'active', -1, id)
      redis.call('srem', lane .. 'stalling', id)
      redis.call('rpush', lane .. 'waiting', id)
      claim.held, claim.instance, claim.startedAt, claim.rest = false, '', '0', ''
      claim.attempt = math.max(0, claim.attempt - 1)
      writeClaim(lane, id, claim)
      back = back + 1
    end
  end
end
return back
`;

/**
 * What befell claims: which have passed to another worker, and which are to be cancelled.
 *   KEYS: base of the queue. ARGV: instance, then per claim suffix, id, fence. Returns two lists of their numbers, from 1.
 */
export const befallen = `
${readClaim}
local lost, cancelled = {}, {}
for index = 2, #ARGV, 3 do
  local lane, id, number = KEYS[1] .. ARGV[index], ARGV[index + 1], (index + 1) / 3
  local claim = readClaim(lane, id)
  if not claim or not claim.held or claim.instance ~= ARGV[1] or claim.fence ~= tonumber(ARGV[index + 2]) then
    lost[#lost + 1] = number
  elseif redis.call('hexists', lane .. 'cancels', id) == 1 then
    cancelled[#cancelled + 1] = number
  end
end
return { lost, cancelled }
`;

/**
 * Forgets finished executions that ended longer ago than so many milliseconds.
 *   KEYS: base of the queue. ARGV: suffix, milliseconds, at most so many. Returns how many.
 */
export const prune = `
${serverNow}
local lane, pruned, before = KEYS[1] .. ARGV[1], 0, serverNow() - tonumber(ARGV[2])
while pruned < tonumber(ARGV[3]) do
  local first = redis.call('lindex', lane .. 'finishedLog', 0)
  if not first then break end
  local time, id = string.match(first, '^(%d+)|(.*)$')
  if not time or tonumber(time) >= before then break end
  redis.call('lpop', lane .. 'finishedLog')
  redis.call('hdel', lane .. 'finished', id)
  pruned = pruned + 1
end
return pruned
`;
