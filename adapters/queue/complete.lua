-- Ends a job that was done and takes the next one: BullMQ's moveToFinished with its keys, arguments, effects, events
-- and answers, in about half the calls. What is not the plain case is left to BullMQ's own script, which stands in here
-- whole (config/build/bullmq.mjs puts it in): a job with a parent, children or a deduplication key, a limiter, a queue
-- that is paused or bounded, a failure, a lock that is not ours. Nothing is written before that is decided.
local function bullmq(parts)
  --# before: local jobIdKey = KEYS[12]
  if parts then
    return {by_age = removeJobsByMaxAge, by_count = removeJobsByMaxCount, measure = collectMetrics,
            promote = promoteDelayedJobs, prioritized = moveJobFromPrioritizedToActive,
            prepare = prepareJobForProcessing, due = getNextDelayedTimestamp}
  end
  --# after
end

local call = redis.call
local wait, active, prioritized, events, delayed, finished = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[7], KEYS[11]
local job, marker = KEYS[12], KEYS[14]
local id, now, prefix = ARGV[1], ARGV[2], ARGV[7]
local opts = cmsgpack.unpack(ARGV[8])
local token, keep = opts.token, opts.keepJobs

if ARGV[5] ~= "completed" or ARGV[9] ~= "" or keep.count == 0 or opts.limiter then return bullmq() end
local meta = call("HMGET", KEYS[9], "opts.maxLenEvents", "paused", "concurrency", "max")
if not meta[1] or meta[1] == "0" or meta[2] or meta[3] or meta[4] then return bullmq() end
local lock = job .. ":lock"
if call("GET", lock) ~= token then return bullmq() end
local before = call("HMGET", job, "timestamp", "parentKey", "parent", "deid")
if not before[1] or before[2] or before[3] or before[4]
  or call("EXISTS", job .. ":dependencies", job .. ":unsuccessful") ~= 0 then return bullmq() end

call("DEL", lock)
call("SREM", KEYS[5], id)
if call("LREM", active, "-1", id) < 1 then return -3 end
call("HINCRBY", job, "atm", "1")
call("HSET", job, ARGV[3], ARGV[4], "finishedOn", now)
call("ZADD", finished, now, id)
if keep.age and call("ZCOUNT", finished, "-inf", string.format("%d", now - keep.age * 1000)) > 0 then
  bullmq(true).by_age(now, keep.age, finished, prefix)
end
if keep.count > 0 and call("ZCARD", finished) > keep.count then bullmq(true).by_count(keep.count, finished, prefix) end
call("XADD", events, "MAXLEN", "~", meta[1], "*", "event", "completed", "jobId", id, ARGV[3], ARGV[4], "prev", "active")
if opts.maxMetricsSize ~= "" then
  local metrics = KEYS[13]
  local from = call("HGET", metrics, "prevTS")
  if from and math.floor(now / 60000) <= math.floor(from / 60000) then
    call("HINCRBY", metrics, "count", "1")
  else -- A minute has ended.
    bullmq(true).measure(metrics, metrics .. ":data", opts.maxMetricsSize, now)
  end
end

if ARGV[6] == "1" then
  local first = call("ZRANGE", delayed, "0", "0", "WITHSCORES")[2]
  if first and tonumber(first) <= (now + 1) * 0x1000 - 1 then
    bullmq(true).promote(delayed, marker, wait, prioritized, events, prefix, now, KEYS[10], false)
  end
  local next = call("RPOPLPUSH", wait, active)
  if next and string.byte(next, 1) == 48 and string.byte(next, 2) == 58 then -- "0:": a marker of BullMQ 4.
    call("LREM", active, "1", next)
    if next == "0:0" then
      next = bullmq(true).prioritized(prioritized, active, KEYS[10])
      return bullmq(true).prepare(prefix, KEYS[6], events, next, now, nil, nil, marker, opts)
    end
  elseif next then
    job = prefix .. next
    call("SET", job .. ":lock", token, "PX", string.format("%d", opts.lockDuration))
    call("XADD", events, "*", "event", "active", "jobId", next, "prev", "waiting")
    if opts.name then
      call("HSET", job, "processedOn", now, "pb", opts.name)
    else
      call("HSET", job, "processedOn", now)
    end
    call("HINCRBY", job, "ats", "1")
    call("ZADD", marker, "0", "0")
    return {call("HGETALL", job), next, 0, 0}
  else
    next = bullmq(true).prioritized(prioritized, active, KEYS[10])
    if next then return bullmq(true).prepare(prefix, KEYS[6], events, next, now, nil, nil, marker, opts) end
  end
  local due = bullmq(true).due(delayed)
  if due then return {0, 0, 0, due} end
end
if call("LLEN", wait) == 0 and call("LLEN", active) == 0 and call("ZCARD", prioritized) == 0 then
  call("XADD", events, "*", "event", "drained")
end
return 0
