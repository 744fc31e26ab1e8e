-- Lease and checkpoint: who writes for a connector, and from where.

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

-- Higher than the stored one, and, by the clock, than any that a store has seen which since went back to an older backup:
-- a writer from before must not find its own epoch again.
local function next_epoch(stored)
    return string.format('%.0f', math.max(tonumber(stored or 0) + 1, now_ms()))
end

-- The progress of snapshots in a checkpoint: names and values in turn.
local function progress_of(checkpoint)
    local flat, progress = call('HGETALL', checkpoint), {}
    for i = 1, #flat, 2 do
        if string.sub(flat[i], 1, 9) == 'snapshot:' then
            progress[#progress + 1], progress[#progress + 2] = flat[i], flat[i + 1]
        end
    end
    return progress
end

-- keys: checkpoint, lease. args: owner, lease in ms, another owner that is known to be dead or ''.
-- Returns {holder} when another agent has the lease, else {false, epoch, position, open_tx, ordinal, batch,
-- identity, time, epoch before, {name, value, …} of the progress of snapshots}.
local function acquire(keys, args)
    bind()
    local holder = call('GET', keys[2])
    if holder and holder ~= args[1] and holder ~= args[3] then return {holder} end
    local c = call('HMGET', keys[1], 'position', 'open_tx', 'ordinal', 'batch', 'identity', 'time', 'broken', 'gap')
    if c[7] then return broken_reply(c[7]) end
    if c[8] then return redis.error_reply('GAP ' .. c[8]) end
    call('SET', keys[2], args[1], 'PX', args[2])
    local before = call('HGET', keys[1], 'epoch')
    local epoch = next_epoch(before)
    call('HSET', keys[1], 'epoch', epoch)
    return {false, epoch, c[1], c[2], c[3], c[4], c[5], c[6], before, progress_of(keys[1])}
end

-- keys: checkpoint. args: epoch, identity, position, time. Doing it again is fine; changing it is not.
local function begin(keys, args)
    bind()
    local refusal = check_epoch(keys[1], args[1])
    if refusal then return refusal end
    local c = call('HMGET', keys[1], 'identity', 'position')
    if c[1] and (c[1] ~= args[2] or c[2] ~= args[3]) then
        return redis.error_reply('BEGUN the checkpoint has a position already')
    end
    call('HSET', keys[1], 'identity', args[2], 'position', args[3], 'begun', args[4])
    return redis.status_reply('OK')
end

-- keys: checkpoint, lease, set of connectors, this connector's hash, its requests (unless they are left alone), then streams to
-- trim. args: epoch, owner, lease in ms, connector, life of the hash in ms, longest stream or 0, oldest entry in ms or 0, then
-- names and values for the hash. Returns the requests that were there, if any.
local function beat(keys, args)
    bind()
    local refusal = check_epoch(keys[1], args[1])
    if refusal then return refusal end
    local holder = call('GET', keys[2])
    if holder and holder ~= args[2] then return redis.error_reply('FENCED the lease belongs to ' .. holder) end
    call('SET', keys[2], args[2], 'PX', args[3])
    call('SADD', keys[3], args[4])
    call('HSET', keys[4], unpack(args, 8))
    call('PEXPIRE', keys[4], args[5])
    local oldest
    if args[7] ~= '0' then oldest = string.format('%.0f', now_ms() - args[7]) end
    serve(args[4], keys[1])
    local taking = keys[5] == keys_of.requests .. connector
    for i = taking and 6 or 5, #keys do
        if args[6] ~= '0' then call('XTRIM', keys[i], 'MAXLEN', '~', args[6]) end
        if oldest then call('XTRIM', keys[i], 'MINID', '~', oldest) end
    end
    return taking and take_requests(keys[5]) or redis.status_reply('OK')
end

-- keys: checkpoint, lease. args: epoch, owner, what is missing from the store or ''.
local function release(keys, args)
    bind()
    local refusal = check_epoch(keys[1], args[1])
    if refusal then return refusal end
    if args[3] and args[3] ~= '' then call('HSET', keys[1], 'gap', args[3]) end
    if call('GET', keys[2]) == args[2] then call('UNLINK', keys[2]) end
    return redis.status_reply('OK')
end

-- keys: checkpoint, lease. args: owner, then names and values of the progress that the connector begins anew with. Forgets how far
-- it has come; states and events stay, and so does the epoch: who wrote before must not write again. Returns {holder} when another
-- agent has the lease, else {false, whether there was a position}.
local function reset(keys, args)
    bind()
    local holder = call('GET', keys[2])
    if holder and holder ~= args[1] then return {holder} end
    local was = call('HMGET', keys[1], 'position', 'epoch')
    call('UNLINK', keys[1])
    call('HSET', keys[1], 'epoch', next_epoch(was[2]))
    for i = 2, #args, 2 do call('HSET', keys[1], args[i], args[i + 1]) end
    return {false, was[1] and 1 or 0}
end

-- A full Redis must not stop these: they trim, and hold on to the lease meanwhile.
redis.register_function{function_name = 'tributary_acquire', callback = acquire, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_begin', callback = begin, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_beat', callback = beat, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_release', callback = release, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_reset', callback = reset, flags = {'allow-oom'}}
end
