// Queues jobs, all in one step. What it writes is what bee-queue's own scripts write for one job.
//   KEYS: base of the queue
//   ARGV: per job: suffix of its lane, id, job, available at, unique key (or empty), until (or empty)
//   Returns for each job the id that stands for it.
import { serverNow } from './claims.js';

export const add = `
${serverNow}
local base, now, at = KEYS[1], serverNow(), 1
local ids = {}

local function holder(unique, untilTime)
  local id = redis.call('get', base .. 'unique:' .. unique)
  if not id then return nil end
  if untilTime ~= '' or redis.call('pttl', base .. 'unique:' .. unique) > 0 then return id end
  for _, suffix in ipairs({ '', 'high:', 'low:' }) do
    if redis.call('hexists', base .. suffix .. 'jobs', id) == 1 then return id end
  end
  return nil
end

while ARGV[at] do
  local suffix, id, job, availableAt = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local unique, untilTime = ARGV[at + 4], ARGV[at + 5]
  at = at + 6
  local lane = base .. suffix
  local standsFor = id
  if unique ~= '' then standsFor = holder(unique, untilTime) or id end
  if standsFor == id and redis.call('hexists', lane .. 'finished', id) == 0
      and redis.call('hsetnx', lane .. 'jobs', id, job) == 1 then
    if tonumber(availableAt) <= now then
      redis.call('lpush', lane .. 'waiting', id)
      if suffix ~= '' then redis.call('publish', base .. 'wake', id) end
    else
      redis.call('zadd', lane .. 'delayed', availableAt, id)
      if redis.call('zrange', lane .. 'delayed', 0, 0)[1] == id then
        redis.call('publish', lane .. 'earlierDelayed', availableAt)
      end
    end
    if unique ~= '' then
      if untilTime == '' then
        redis.call('set', base .. 'unique:' .. unique, id)
      elseif tonumber(untilTime) > now then
        redis.call('set', base .. 'unique:' .. unique, id, 'PX', string.format('%d', tonumber(untilTime) - now))
      end
    end
  end
  ids[#ids + 1] = standsFor
end
return ids
`;
