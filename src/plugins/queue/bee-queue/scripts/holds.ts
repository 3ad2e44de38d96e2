// Which executions a queue holds, in whichever of its lanes: an execution that has not ended has its job, wherever it is.
//   KEYS: base of the queue. ARGV: number of lanes, their suffixes, ids. Returns the numbers of those that it holds, from 1.
export const holds = `
local lanes, held = tonumber(ARGV[1]), {}
for index = 2 + lanes, #ARGV do
  for at = 2, 1 + lanes do
    if redis.call('hexists', KEYS[1] .. ARGV[at] .. 'jobs', ARGV[index]) == 1 then
      held[#held + 1] = index - 1 - lanes
      break
    end
  end
end
return held
`;
