-- LOAD: a row as it was read from its table. The state is written and nothing is emitted, unless the record has a type.
--
-- When the batch fails, a state that was new goes, and one that was another customer's is restored, the index of entities with
-- them; one that stays the same customer's keeps the fields that it got: doing it again writes the same.

local admit

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

local NOTHING = {} -- what a new state was before

-- Of an entity that concerns customers, before its state is written: false if it must not be, because they were erased. `tells`:
-- the record says whose it is from now on; else it stays whose it is.
function admit(f, key, subject, customer, tells)
    local held = call('HMGET', key, 'customer_id', '_source')
    local was = held[1]
    if not tells then customer = customer or was end
    local same = customer == was
    if (was or held[2]) and (not same or salt and not customer) then remember(key, false, call('HGETALL', key)) end
    if salt and not (was and same) and refuses(f, subject, customer) then
        call('UNLINK', key)
        if was then remove_member(keys_of.entities .. was, f.member .. subject) end
        return false
    end
    if not same then move(f, subject, customer, tells and was) end
    return true
end

-- The code for a frame: function(key, time, seq, value…). The fields that are NULL go if there was a state.
local function compile_load(f)
    local values, fields = {}, {}
    for i = 1, f.n do
        values[i] = 'v' .. i
        fields[i] = quoted(f.names[i]) .. ',v' .. i
    end
    f.load = loadstring(table.concat{
        'local call, remember, nothing = ... return function(key, time, seq, ', table.concat(values, ','), ') if call("HSET", key, ',
        table.concat(fields, ','), ', "_source", ', quoted(connector), ', "_time", time, "_seq", seq',
        f.table_name and ', "_table",' .. quoted(f.table_name) or '', ') == ', f.n + (f.table_name and 4 or 3),
        ' then remember(key, false, nothing)',
        f.gone[1] and ' else call("HDEL", key, ' .. table.concat(f.gone, ',') .. ')' or '', ' end end',
    })(call, remember, NOTHING)
    return f.load
end

-- Most rows: all values of the frame are given, and no event is wanted.
local function load(next, last, frame_index, subject, seq, time, customer, ...)
    local f = frames[frame_index]
    local key = f.state .. subject
    if not f.story or admit(f, key, subject, customer, f.tells) then
        local put = f.load or compile_load(f)
        put(key, time, seq, ...)
    end
    skip(last)
    return next
end

-- Any other row: names and values as pairs. `tells` as in admit(); `gone`: packed names of fields that are NULL; `type` and `data`
-- are false when there is to be no event.
local function load_pairs(next, last, frame_index, subject, seq, type, time, xid, customer, tells, unavailable, data, gone, n, ...)
    local f = frames[frame_index]
    local key = f.state .. subject
    if f.story and not admit(f, key, subject, customer, tells) then
        skip(last)
        return next
    end
    local new
    if f.table_name then
        new = call('HSET', key, '_table', f.table_name, '_source', connector, '_time', time, '_seq', seq, ...) - 1
    else
        new = call('HSET', key, '_source', connector, '_time', time, '_seq', seq, ...)
    end
    if new == n + 3 then remember(key, false, NOTHING) elseif gone then call('HDEL', key, unpack_all(gone)) end
    if not type then
        skip(last)
        return next
    end
    -- the source did not send whose it is; the state knows
    if not tells and not customer then customer = call('HGET', key, 'customer_id') end
    emit(last, f, seq, type, subject, time, data, false, customer, xid, unavailable, false)
    return next
end

records[9], records[10] = load, load_pairs
end
