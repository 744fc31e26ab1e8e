-- CHECK and ABSENT: whether the store holds what a row says, at just this place of the stream; and, if that is wanted, putting it
-- right. Most rows are as they must be: the comparison of a frame that comes often is code made for it.

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

local NOTE, REPAIR, EXISTING = 1, 2, 4 -- flags of a record
local OFTEN, WIDEST = 8, 60            -- rows until code is made; fields that it can have as parameters

-- What the state holds of the frame's fields, and `_source` behind them; or false if they are as the values say.
local function compare(f, key, ...)
    local values, hmget, n, same = {...}, f.hmget, f.n, true
    hmget[2], hmget[n + 3] = key, '_source'
    local held = call(unpack(hmget, 1, n + 3))
    for i = 1, n do same = same and held[i] == values[i] end
    return not (same and held[n + 1]) and held
end

-- The same for one frame: function(f, key, value…).
local function compile_compare(f)
    local values, names, same = {}, {}, {}
    for i = 1, f.n do values[i], names[i], same[i] = 'v' .. i, quoted(f.names[i]), string.format('held[%d] == v%d', i, i) end
    return loadstring(table.concat{
        'local call = ... return function(f, key, ', table.concat(values, ','), ') local held = call("HMGET", key, ',
        table.concat(names, ','), ', "_source") return not (', table.concat(same, ' and '), ' and held[', f.n + 1,
        ']) and held end',
    })(call)
end

local function comparison_of(f)
    f.compared = (f.compared or 0) + 1
    if f.compared == OFTEN and f.n > 0 and f.n <= WIDEST then f.compare = compile_compare(f) end
    return compare
end

local function tell(what)
    told[what] = (told[what] or 0) + 1
end

-- Writes what differs, as LOAD would. `held`: as compare() returned it.
local function write_values(f, key, seq, time, held, values)
    local set, gone = {}, {}
    for i = 1, f.n do
        local is = values[i]
        if is and is ~= held[i] then
            set[#set + 1], set[#set + 2] = f.names[i], is
        elseif not is and held[i] then
            gone[#gone + 1] = f.names[i]
        end
    end
    if f.table_name then set[#set + 1], set[#set + 2] = '_table', f.table_name end
    call('HSET', key, '_source', connector, '_time', time, '_seq', seq, unpack(set))
    if gone[1] then call('HDEL', key, unpack(gone)) end
end

local function put_right(f, key, subject, seq, time, customer, held, values)
    if f.ruled then watch_state(f, subject) else remember(key, false, call('HGETALL', key)) end
    if not f.story or admit(f, key, subject, customer, f.tells) then write_values(f, key, seq, time, held, values) end
    if f.ruled then settle_state(map_of(call('HGETALL', key)), seq, time) end
end

local function differs(f, key, subject, seq, time, customer, flags, from, held, values)
    local found = held[f.n + 1]
    if not found and (has(flags, EXISTING) or is_erased(f, subject, customer)) then return end
    local kind, names = found and 'different' or 'missing', found and {}
    for i = 1, found and f.n or 0 do
        if held[i] ~= values[i] then names[#names + 1] = f.names[i] end
    end
    tell(':' .. kind)
    if has(flags, REPAIR) then put_right(f, key, subject, seq, time, customer, held, values) end
    if has(flags, NOTE) then finding(f, seq, from, subject, kind, names, has(flags, REPAIR)) end
end

-- `from`: the table, or false when nothing is noted. Values are false where they are NULL.
local function check(next, last, frame_index, subject, seq, time, customer, flags, from, ...)
    local f = frames[frame_index]
    local key = f.state .. subject
    tell(':checked')
    local held = (f.compare or comparison_of(f))(f, key, ...)
    if held then differs(f, key, subject, seq, time, customer, flags, from, held, {...}) end
    skip(last)
    return next
end

local function remove(last, f, key, subject, seq, type, time, xid, customer)
    if f.ruled then watch_state(f, subject) end
    local held, whose = look(f, key, subject, customer)
    call('UNLINK', key)
    if type then emit(last, f, seq, type, subject, time, '{}', held, whose, xid, false) else skip(last) end
    if f.ruled then settle_state(false, seq, time) end
end

-- There is no row: a state that this connector made of this table must not be.
local function absent(next, last, frame_index, subject, seq, type, time, xid, customer, flags, from)
    local f = frames[frame_index]
    local key = f.state .. subject
    tell(':checked')
    local owner = call('HMGET', key, '_source', '_table')
    if owner[1] ~= connector or f.table_name and owner[2] ~= f.table_name then
        skip(last)
        return next
    end
    tell(':extra')
    if has(flags, NOTE) then finding(f, seq, from, subject, 'extra', nil, has(flags, REPAIR)) end
    if has(flags, REPAIR) then remove(last, f, key, subject, seq, type, time, xid, customer) else skip(last) end
    return next
end

records[11], records[12] = check, absent
end
