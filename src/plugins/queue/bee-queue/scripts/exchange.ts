// One step of a worker: settles what has ended, then claims for the slots that are free. Both go together, so that a
// busy worker needs one round trip for as many executions as it has slots; and what can be is done for all of them by
// one command, since the commands are what Redis spends its time on.
//   KEYS: base of the queue
//   ARGV: instance, worker, wanted, suspects allowed (0 or 1), finished to keep,
//         number of lanes, their suffixes in order,
//         number of jobs popped already, per job: suffix, id
//         then per settlement: kind, suffix, id, fence, and three values that depend on the kind:
//           F final:    finished record, what is kept of it (empty: the same), unique key
//           R retry:    job, available at, report
//           B back:     -, -, -
//           P postpone: available at, since when it waits for a worker that knows its task (or empty), -
//   Returns { per settlement 1 or 0 (stale), claims (suffix, id, job, fence, crashes, cancelled,
//   worker of the last crash, since when it waits for a worker that knows its task)…, paused, next due, more }
import { finish, readClaim, serverNow, writeClaim } from './claims.js';

/** When the other suspects are looked at again. */
const putOffMs = 250;

const settle = `
local function release(lane, id)
  redis.call('lrem', lane .. 'active', -1, id)
  redis.call('srem', lane .. 'stalling', id)
end

local function delay(lane, id, availableAt)
  redis.call('zadd', lane .. 'delayed', availableAt, id)
  if redis.call('zrange', lane .. 'delayed', 0, 0)[1] == id then
    redis.call('publish', lane .. 'earlierDelayed', availableAt)
  end
end

-- An execution goes on later: as a retry, handed back, or postponed.
local function goOn(kind, suffix, id, first, second, third)
  local lane = base .. suffix
  local claim = readClaim(lane, id)
  release(lane, id)
  if kind == 'P' then
    local called = redis.call('hget', lane .. 'called', id)
    if called then redis.call('hdel', lane .. 'called', id) end
    -- A place of its task has become free since it was refused (flow.ts).
    if called == tostring(claim.fence) then kind = 'B' end
  end
  claim.held, claim.instance, claim.startedAt = false, '', '0'
  if kind == 'R' then
    redis.call('hset', lane .. 'jobs', id, first)
    claim.rest = third
    delay(lane, id, second)
  else
    claim.attempt, claim.rest = math.max(0, claim.attempt - 1), ''
    if kind == 'P' then
      if second ~= '' then claim.rest = 'unknown:' .. second end
      delay(lane, id, first)
    else
      redis.call('rpush', lane .. 'waiting', id)
      if suffix ~= '' then redis.call('publish', base .. 'wake', id) end
    end
  end
  writeClaim(lane, id, claim)
end

-- The settlements of one lane, by the places of their words in ARGV.
local function settleLane(suffix, places, results)
  local lane, ids = base .. suffix, {}
  for index, place in ipairs(places) do ids[index] = ARGV[place + 2] end
  local records = redis.call('hmget', lane .. 'claims', unpack(ids))
  local done, entries = {}, {}
  for index, place in ipairs(places) do
    local held = ARGV[place + 3] .. '|H|' .. instance .. '|'
    local record, id = records[index], ids[index]
    if record and string.sub(record, 1, #held) == held then
      results[place] = 1
      if ARGV[place] == 'F' then
        done[#done + 1] = id
        entries[#entries + 1] = { ARGV[place + 4], ARGV[place + 5], ARGV[place + 6] }
        redis.call('lrem', lane .. 'active', -1, id)
      else
        goOn(ARGV[place], suffix, id, ARGV[place + 4], ARGV[place + 5], ARGV[place + 6])
      end
    end
  end
  if #done == 0 then return end
  redis.call('srem', lane .. 'stalling', unpack(done))
  if redis.call('exists', lane .. 'cancels') == 1 then redis.call('hdel', lane .. 'cancels', unpack(done)) end
  finish(base, lane, done, entries, keep)
end
`;

const claim = `
-- Of executions that were out at two crashes or more, one at a time is out in a process: whichever of them kills it,
-- the others only happened to be out beside it, and would be quarantined with it in the end.
local function claimAgain(lane, id, known)
  if known.held then known.crashes = known.crashes + 1 end
  known.startedAt = '0'
  if known.crashes >= 2 then
    if suspects == 0 then
      known.held, known.instance = false, ''
      writeClaim(lane, id, known)
      release(lane, id)
      delay(lane, id, now + ${putOffMs})
      return nil
    end
    suspects = 0
  end
  known.fence, known.attempt = known.fence + 1, known.attempt + 1
  -- Of an attempt that crashed, the record has kept the worker; of one that was settled, its report.
  -- Of one that was handed back by a worker that does not know it, the time.
  local unknownSince = string.match(known.rest or '', '^unknown:(%d+)$') or ''
  local hasWorker = known.crashes > 0 and unknownSince == '' and string.sub(known.rest or '', 1, 1) ~= '{'
  local crashedOn = hasWorker and known.rest or ''
  known.held, known.instance, known.startedAt, known.rest = true, instance, nowText, worker
  writeClaim(lane, id, known)
  known.crashedOn, known.unknownSince = crashedOn, unknownSince
  return known
end

-- Whether a claim of the execution is in the active list beside the entry that was just popped.
local function isOut(lane, id)
  local known = readClaim(lane, id)
  return known and known.held and redis.call('lpos', lane .. 'active', id, 'RANK', 2)
end

-- Whether an id is UTF-8: nothing else survives the way through a client.
local function isText(id)
  if not string.find(id, '[\\128-\\255]') then return true end
  local tail = '[\\128-\\191]'
  for _, sequence in ipairs({
    '[\\194-\\223]' .. tail, '\\224[\\160-\\191]' .. tail, '[\\225-\\236\\238\\239]' .. tail .. tail,
    '\\237[\\128-\\159]' .. tail, '\\240[\\144-\\191]' .. tail .. tail,
    '[\\241-\\243]' .. tail .. tail .. tail, '\\244[\\128-\\143]' .. tail .. tail,
  }) do id = string.gsub(id, sequence, '?') end
  return not string.find(id, '[\\128-\\255]')
end

-- The job of an id that is none goes on under a digest of it.
local function rename(lane, id)
  local job = redis.call('hget', lane .. 'jobs', id)
  if not job then return end
  local plain = 'id-' .. redis.sha1hex(id)
  redis.call('hdel', lane .. 'jobs', id)
  redis.call('hset', lane .. 'jobs', plain, job)
  redis.call('rpush', lane .. 'waiting', plain)
end

-- Claims what is in the active list already.
local function claimAll(suffix, ids)
  local lane = base .. suffix
  local jobs = redis.call('hmget', lane .. 'jobs', unpack(ids))
  local records = redis.call('hmget', lane .. 'claims', unpack(ids))
  local hasCancels = redis.call('exists', lane .. 'cancels') == 1
  local fresh = '1|H|' .. instance .. '|0|1|' .. nowText .. '|' .. worker
  local written, seen = {}, {}
  for index, id in ipairs(ids) do
    local fence, crashes, crashedOn, unknownSince, isClaimed = 1, 0, '', '', true
    if seen[id] or (records[index] and isOut(lane, id)) then
      -- Pushed twice by someone: it is out already.
      redis.call('lrem', lane .. 'active', 1, id)
      isClaimed = false
    elseif not isText(id) then
      redis.call('lrem', lane .. 'active', 1, id)
      rename(lane, id)
      isClaimed = false
    elseif not jobs[index] then
      -- Removed between its pop and now; it must not hold a slot.
      release(lane, id)
      redis.call('hdel', lane .. 'claims', id)
      isClaimed = false
    elseif records[index] then
      local known = claimAgain(lane, id, readClaim(lane, id) or { fence = 0, crashes = 0, attempt = 0, rest = '' })
      isClaimed = known ~= nil
      if known then
        fence, crashes, crashedOn, unknownSince = known.fence, known.crashes, known.crashedOn, known.unknownSince
      end
    else
      written[#written + 1] = id
      written[#written + 1] = fresh
    end
    seen[id] = true
    if isClaimed then
      wanted = wanted - 1
      local cancelled = hasCancels and redis.call('hexists', lane .. 'cancels', id) or 0
      local at = #claims
      claims[at + 1], claims[at + 2], claims[at + 3] = suffix, id, jobs[index]
      claims[at + 4], claims[at + 5], claims[at + 6], claims[at + 7] = fence, crashes, cancelled, crashedOn
      claims[at + 8] = unknownSince
    end
  end
  if #written > 0 then redis.call('hset', lane .. 'claims', unpack(written)) end
end

-- Moves up to so many from waiting to active, oldest first, as bee-queue's pop does one by one.
local function pop(lane, count)
  local ids = redis.call('lrange', lane .. 'waiting', -count, -1)
  if #ids == 0 then return ids end
  redis.call('ltrim', lane .. 'waiting', 0, -#ids - 1)
  local first, last = 1, #ids
  while first < last do
    ids[first], ids[last] = ids[last], ids[first]
    first, last = first + 1, last - 1
  end
  redis.call('lpush', lane .. 'active', unpack(ids))
  return ids
end
`;

export const exchange = `
${serverNow}
local base, now, instance, worker = KEYS[1], serverNow(), ARGV[1], ARGV[2]
local wanted, suspects, keep = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local claims, nowText = {}, string.format('%d', now)
${readClaim}${writeClaim}${finish}${settle}${claim}
local at = 6
local function take()
  at = at + 1
  return ARGV[at - 1]
end
local suffixes = {}
for index = 1, tonumber(take()) do suffixes[index] = take() end
local popped = {}
for index = 1, tonumber(take()) do popped[index] = { take(), take() } end

local first, byLane = at, {}
for place = first, #ARGV, 7 do
  local suffix = ARGV[place + 1]
  byLane[suffix] = byLane[suffix] or {}
  table.insert(byLane[suffix], place)
end
local byPlace, results = {}, {}
for suffix, places in pairs(byLane) do settleLane(suffix, places, byPlace) end
for place = first, #ARGV, 7 do results[#results + 1] = byPlace[place] or 0 end

local paused = redis.call('exists', base .. 'paused')
for _, job in ipairs(popped) do
  local lane = base .. job[1]
  -- Gone from there when a call before this one was carried out and its answer lost.
  if redis.call('lpos', lane .. 'active', job[2]) then
    if paused == 1 or wanted <= 0 then
      redis.call('lrem', lane .. 'active', 1, job[2])
      redis.call('rpush', lane .. 'waiting', job[2])
    else
      claimAll(job[1], { job[2] })
    end
  end
end

local nextDue, more = -1, 0
local function head(lane)
  return tonumber(redis.call('zrange', lane .. 'delayed', 0, 0, 'WITHSCORES')[2])
end

local function raiseDue(lane)
  local first = head(lane)
  if not first or first > now then return first end
  local due = redis.call('zrangebyscore', lane .. 'delayed', 0, nowText, 'LIMIT', 0, 1000)
  redis.call('lpush', lane .. 'waiting', unpack(due))
  redis.call('zrem', lane .. 'delayed', unpack(due))
  return head(lane)
end

for _, suffix in ipairs(suffixes) do
  local lane = base .. suffix
  -- Urgent lanes are mostly empty.
  if redis.call('exists', lane .. 'waiting', lane .. 'delayed') > 0 then
    local due
    if paused == 1 then due = head(lane)
    else
      due = raiseDue(lane)
      local rounds = 10
      while wanted > 0 and rounds > 0 do
        local ids = pop(lane, math.min(wanted, 1000))
        if #ids == 0 then break end
        claimAll(suffix, ids)
        rounds = rounds - 1
      end
      if redis.call('exists', lane .. 'waiting') == 1 then more = 1 end
    end
    if due and (nextDue < 0 or due < nextDue) then nextDue = due end
  end
end
return { results, claims, paused, string.format('%d', nextDue), more }
`;
