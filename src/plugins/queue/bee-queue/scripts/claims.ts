// Lua that the scripts share. A claim record says who holds an execution and what is remembered between its attempts:
//   fence | H (held) or E (ended) | instance | crashes | attempt | startedAt | worker, or the report of the last attempt, or
//   `unknown:` and a time: since then workers have handed it back because they do not know its task
// A record that is still H when its job is claimed again was left by a process that died. The instance is compared with
// the fence: a server that has lost its last writes may give the same fence twice.

/** The time of Redis itself, whole milliseconds since 1970 UTC: what is due is decided by this clock and no other. */
export const serverNow = `
local function serverNow()
  local time = redis.call('time')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`;

export const readClaim = `
local function readClaim(lane, id)
  local record = redis.call('hget', lane .. 'claims', id)
  if not record then return nil end
  local fence, state, instance, crashes, attempt, startedAt, rest =
    string.match(record, '^(%d+)|(%a)|([^|]*)|(%d+)|(%d+)|(%d+)|(.*)$')
  if not fence then return nil end
  return { fence = tonumber(fence), held = state == 'H', crashes = tonumber(crashes),
           attempt = tonumber(attempt), startedAt = startedAt, instance = instance, rest = rest }
end
`;

export const writeClaim = `
local function writeClaim(lane, id, claim)
  redis.call('hset', lane .. 'claims', id, table.concat({
    string.format('%d', claim.fence), claim.held and 'H' or 'E', claim.instance,
    string.format('%d', claim.crashes), string.format('%d', claim.attempt), claim.startedAt, claim.rest }, '|'))
end
`;

/**
 * Makes executions final: nothing of them is left but their records in the history, which holds so many and no more.
 * Needs {@link serverNow} before it. `entries`: finished record without its job, what is kept of it (empty: the same), unique key (or empty).
 */
export const finish = `
local function finish(base, lane, ids, entries, keep)
  local jobs = redis.call('hmget', lane .. 'jobs', unpack(ids))
  redis.call('hdel', lane .. 'claims', unpack(ids))
  redis.call('hdel', lane .. 'jobs', unpack(ids))
  if redis.call('exists', lane .. 'called') == 1 then redis.call('hdel', lane .. 'called', unpack(ids)) end
  local isAwaited = redis.call('exists', base .. 'awaited') == 1
  local kept, log, now = {}, {}, string.format('%d', serverNow())
  for index, id in ipairs(ids) do
    local finished, short, unique = entries[index][1], entries[index][2], entries[index][3]
    finished = finished .. ',"job":' .. (jobs[index] or 'null') .. '}'
    if unique ~= '' then
      local key = base .. 'unique:' .. unique
      if redis.call('get', key) == id and redis.call('pttl', key) == -1 then redis.call('del', key) end
    end
    if isAwaited then redis.call('publish', lane .. 'final:' .. id, finished) end
    kept[2 * index - 1], kept[2 * index] = id, short == '' and finished or short
    log[index] = now .. '|' .. id
  end
  if keep == 0 then return end
  redis.call('hset', lane .. 'finished', unpack(kept))
  local over = redis.call('rpush', lane .. 'finishedLog', unpack(log)) - keep
  if over > 0 then
    local old = redis.call('lpop', lane .. 'finishedLog', math.min(over, 1000))
    for index, entry in ipairs(old) do old[index] = string.match(entry, '|(.*)$') end
    redis.call('hdel', lane .. 'finished', unpack(old))
  end
end
`;
