-- Sweeping: the states that a table made, when it is truncated.

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

local function sweep_state(f, subject)
    local key = f.state .. subject
    local state = call('HGETALL', key)
    local known_as = map_of(state)
    if f.story and known_as.customer_id then remove_member(keys_of.entities .. known_as.customer_id, f.member .. subject) end
    if f.ruled then
        watch_state(f, subject)
        call('UNLINK', key)
        settle_state(false, (known_as._seq or '-') .. ':swept', time_text(now_ms()))
    else
        remember(key, false, state)
        call('UNLINK', key)
    end
end

local function sweep_some(f, keys, args)
    local removed = 0
    begin_erased()
    for i = 2, #keys do
        touching = keys[i]
        local owner = call('HMGET', keys[i], '_source', '_table')
        touching = false
        if owner[1] == args[2] and (args[3] == '' or owner[2] == args[3]) then
            sweep_state(f, string.sub(keys[i], #f.state + 1))
            removed = removed + 1
        end
    end
    judge_touched()
    let_go(0)
    return removed
end

-- Removes those of the given states that this connector made (from that table, unless it is ''). keys: checkpoint, then
-- states. args: epoch, connector, table, definition of a frame. Returns how many were removed.
local function sweep(keys, args)
    bind()
    local refusal = check_epoch(keys[1], args[1])
    if refusal then return refusal end
    serve(args[2], keys[1])
    begin_call()
    local done, removed = pcall(sweep_some, frame_of(args[4]), keys, args)
    return done and removed or give_up(keys[1], 'sweeping', removed)
end

redis.register_function{function_name = 'tributary_sweep', callback = sweep, flags = {'allow-oom'}}
end
