-- MERGE: compare with the state, write and emit what changed. The comparison of a frame that comes often is code made for it.

-- The index of entities follows; returns whose it was, if it was another's.
local function move(f, subject, customer, was)
    if customer == was then return false end
    if was then remove_member(keys_of.entities .. was, f.member .. subject) end
    if customer then add_member(keys_of.entities .. customer, f.member .. subject) end
    return was
end

local merge

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

local OFTEN, WIDEST = 8, 60 -- rows until code is made; fields that it can have as parameters
local LISTS = 100           -- of candidates, that a frame keeps

-- Unpacked once: a mapping has few lists.
local function candidates_of(f, packed)
    local list = f.candidates[packed]
    if not list then
        if f.nlists == LISTS then f.candidates, f.nlists = {}, 0 end
        list = {unpack_all(packed)}
        f.candidates[packed], f.nlists = list, f.nlists + 1
    end
    return list
end

-- The verb: the first candidate (field's index, value that it had or false, type) whose field changed.
local function verb(candidates, type, old, ...)
    for i = 1, #candidates, 3 do
        local was, from = old[candidates[i]], candidates[i + 1]
        if (not from or was == from) and was ~= (select(candidates[i], ...)) then return candidates[i + 2] end
    end
    return type
end

local function no_state(old, n)
    for i = 1, n do
        if old[i] then return false end
    end
    return true
end

-- Compares the values (false: NULL) of the frame's fields with the state. Returns what it held; how long `set` is, in which names and
-- values of what is to be set begin at 3; the unfinished JSON of what the changed fields held, or nil; the names of those to be
-- removed, or nil; and something true if there is surely a state.
local function differences(f, key, set, ...)
    local values, n, names, json, hmget = {...}, f.n, f.names, f.json, f.hmget
    hmget[2] = key
    local old = call(unpack(hmget, 1, n + 2))
    local k, previous, gone, same = 2, nil, nil, false
    for i = 1, n do
        local was, is = old[i], values[i]
        if was == is then
            same = same or is
        else
            if is then
                set[k + 1], set[k + 2] = names[i], is
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
    return old, k, previous, gone, same
end

-- The same for one frame: function(f, key, set, value…).
local function compile_differences(f)
    local values, names, code = {}, {}, {}
    for i = 1, f.n do
        local name, start = quoted(f.names[i]), '"' .. f.names[i] .. '":'
        values[i], names[i] = 'v' .. i, name
        code[i] = table.concat{
            ' local was = old[', i, '] if was == v', i, ' then same = same or was else',
            ' if v', i, ' then set[k + 1], set[k + 2] = ', name, ', v', i, ' k = k + 2',
            ' else gone = gone or {} gone[#gone + 1] = ', name, ' end',
            ' if was then if find(was, unsafe) then was = escape(was) end previous = (previous and previous .. ', quoted(',' .. start .. '"'),
            ' or ', quoted('{' .. start .. '"'), ') .. was .. \'"\'',
            ' else previous = previous and previous .. ', quoted(',' .. start .. 'null'), ' or ', quoted('{' .. start .. 'null'), ' end end',
        }
    end
    return loadstring(table.concat{
        'local call, find, unsafe, escape = ... return function(f, key, set, ', table.concat(values, ','), ') local old = call("HMGET", key, ',
        table.concat(names, ','), ') local k, previous, gone, same = 2, nil, nil, false', table.concat(code),
        ' return old, k, previous, gone, same end',
    })(call, find, UNSAFE, escape)
end

-- The data of an event, from values that are all given and need no escaping.
local function data_of(f, ...)
    local parts = {...}
    for i = 1, f.n do parts[i] = f.json[i] .. parts[i] end
    return '{' .. table.concat(parts, '",') .. '"}'
end

-- The same for one frame.
local function compile_data(f)
    local values, json = {}, {}
    for i = 1, f.n do values[i], json[i] = 'v' .. i, quoted((i == 1 and '{' or '",') .. f.json[i]) .. '..v' .. i end
    return loadstring(table.concat{'return function(f, ', table.concat(values, ','), ') return ', table.concat(json, '..'),
                                   '..\'"}\' end'})()
end

local function compile_when_often(f)
    f.merged = f.merged + 1
    if f.merged == OFTEN and f.n > 0 and f.n <= WIDEST then
        f.differences, f.data = compile_differences(f), compile_data(f)
    end
end

-- `existing`: only if there is a state. `data` is false when it is to be made of the values.
function merge(next, last, frame_index, subject, seq, type, time, xid, customer, unavailable, data, candidates,
               existing, ...)
    local f = frames[frame_index]
    local key, set = f.state .. subject, f.hset
    if not f.differences then compile_when_often(f) end
    local old, k, previous, gone, same = (f.differences or differences)(f, key, set, ...)
    if not previous then
        skip(last)
        return next
    end
    local found = same or not no_state(old, f.n)
    if not found and (existing or salt and refuses(f, subject, customer)) then
        skip(last)
        return next
    end
    if found and salt and f.customer_at and customer and customer ~= old[f.customer_at] and refuses(f, subject, customer) then
        remember(key, false, call('HGETALL', key)) -- it goes over to somebody erased
        call('UNLINK', key)
        skip(last)
        return next
    end
    remember(key, f.names, found and old)
    if f.table_name then
        set[k + 1], set[k + 2] = '_table', f.table_name
        k = k + 2
    end
    call('HSET', key, '_source', connector, '_time', time, '_seq', seq, unpack(set, 3, k))
    if gone then call('HDEL', key, unpack(gone)) end
    if not data then data = (f.data or data_of)(f, ...) end
    local whose = false
    if found then
        previous = previous .. '}'
        if candidates then type = verb(candidates_of(f, candidates), type, old, ...) end
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
end
