-- MERGE: compare with the state, write and emit what changed.

-- The verb: the first candidate (field's index, value that it had or false, type) whose field changed.
local function verb(candidates, type, old, values)
    local c = {unpack_all(candidates)}
    for i = 1, #c, 3 do
        local was, from = old[c[i]], c[i + 1]
        if was ~= values[c[i]] and (not from or was == from) then return c[i + 2] end
    end
    return type
end

local function no_state(old, n)
    for i = 1, n do
        if old[i] then return false end
    end
    return true
end

-- The index of entities follows; returns whose it was, if it was another's.
local function move(f, subject, customer, was)
    if customer == was then return false end
    if was then remove_member(keys_of.entities .. was, f.member .. subject) end
    if customer then add_member(keys_of.entities .. customer, f.member .. subject) end
    return was
end

-- Compares the values (false: NULL) of the frame's fields with the state; writes and emits what changed.
-- `existing`: only if there is a state.
local function merge(next, last, frame_index, subject, seq, type, time, xid, customer, unavailable, data, candidates,
                     existing, ...)
    local f = frames[frame_index]
    local key = f.state .. subject
    local values, n, names, json, hmget, hset = {...}, f.n, f.names, f.json, f.hmget, f.hset
    hmget[2] = key
    local old = call(unpack(hmget, 1, n + 2))
    local k, same, previous, gone = 2, false, nil, nil
    for i = 1, n do
        local was, is = old[i], values[i]
        if was == is then
            same = same or is
        else
            if is then
                hset[k + 1], hset[k + 2] = names[i], is
                k = k + 2
            else
                gone = gone or {}
                gone[#gone + 1] = names[i]
            end
            if was then
                if find(was, UNSAFE) then was = escape(was) end
                previous = (previous and previous .. ',' or '{') .. json[i] .. was .. '"'
            else
                previous = (previous and previous .. ',"' or '{"') .. names[i] .. '":null'
            end
        end
    end
    if not previous then
        skip(last)
        return next
    end
    local found = same or not no_state(old, n)
    if not found and (existing or salt and refuses(f, subject, customer)) then
        skip(last)
        return next
    end
    if found and salt and f.customer_at and customer and customer ~= old[f.customer_at] and refuses(f, subject, customer) then
        remember(key, false, call('HGETALL', key), false) -- it goes over to somebody erased
        call('UNLINK', key)
        skip(last)
        return next
    end
    remember(key, names, found and old, values)
    if f.table_name then
        hset[k + 1], hset[k + 2] = '_table', f.table_name
        k = k + 2
    end
    call('HSET', key, '_source', connector, '_time', time, '_seq', seq, unpack(hset, 3, k))
    if gone then call('HDEL', key, unpack(gone)) end
    local whose = false
    if found then
        previous = previous .. '}'
        if candidates then type = verb(candidates, type, old, values) end
        if f.customer_at then whose = move(f, subject, customer, old[f.customer_at]) end
        -- the source did not send whose it is; the state knows
        if unavailable and not customer then customer = call('HGET', key, 'customer_id') end
    else
        previous = false
        if customer and f.story then add_member(keys_of.entities .. customer, f.member .. subject) end
    end
    if last == 0 then
        hold_back(0, f, seq, type, subject, time, data, previous, customer, xid, unavailable, whose)
    else
        if h_frame then let_go(0) end
        write(1, f, seq, type, subject, time, data, previous, customer, xid, unavailable, whose)
    end
    return next
end
