#!lua name=tributary_v1
-- revision: 1
--
-- Tributary's functions inside Redis: what must be atomic. The agent loads this library when the server has none or one
-- with a lower revision; a change keeps functions and arguments compatible, or the library gets another name.
--
-- All or nothing. Redis does not roll a function back when it fails half-way, so tributary_apply() does it itself. Most
-- failures come before the first write: Redis refuses the whole call (OOM, READONLY, MISCONF, NOREPLICAS), the epoch or the
-- batch number is wrong. What can still fail in the middle is a key that somebody else made with another type (WRONGTYPE), a
-- missing right (NOPERM; the agent probes for it when it connects), and a broken body. Then undo() takes back:
--   - every stream entry of this call: those from the first id on that the call added to each stream. Nobody has seen
--     them, because nobody runs between;
--   - every state that a record has read in order to decide (MERGE, DROP, DELETE without a before image), restored to what
--     was read, newest first (but for a merge's `_time` and `_seq`, which applying it again writes again).
-- States written by PUT, and removed by DELETE with a before image, stay: these records read nothing, so applying the batch
-- again writes the same states and emits the same events. The checkpoint stays one batch behind, the error names the key,
-- and after the key is mended the same rows are applied exactly once. If even undo() fails, the checkpoint gets a field
-- `broken`, and no function takes that connector on until somebody has looked and removed the field.
--
-- Speed. A Lua string costs a hash over all its bytes, a malloc and a free; a table slot written and unpacked costs more
-- than a constant in code. So a record holds values only, the field names of a mapping come once per batch (a frame), and
-- the code that makes HSET's arguments and the JSON is generated per frame and kept: names in every record, and argument tables,
-- are both slower (`make bench` shows what this is now, as "apply alone"). Constants of the generated code come from the agent's
-- configuration, which allows only letters, digits, '_', '-' and '.' in names, and are quoted.
--
-- The body of a batch is a sequence of msgpack objects: for each record the number of objects that follow, the operation,
-- and what that operation's function below takes. The agent's encode.c writes it; describe.c reads it.

local call, unpack, unpack_all, unpack_some, find -- set by every entry: while a library loads there are no globals

-- The batch that is being applied.
local connector, source, id_prefix, dlq
local frames         -- frames of this batch, in the order of their definition
local puts           -- operation -> function, for PUTs
local first_ids = {} -- stream -> id of the first entry that this call added
local undo_log       -- key, names, old, values: for each record that read a state and changed it
local undo_n
local record_at      -- where the record at hand begins, for messages
local whole          -- the end of the body was seen

local function bind()
    call, unpack_all, unpack_some = redis.call, cmsgpack.unpack, cmsgpack.unpack_limit
    unpack, find = _G.unpack, string.find
end

-- Lua source of a string constant.
local function quoted(text)
    return string.format('%q', text)
end

-- What an event may have besides what all have; as bits of a number.
local LAST, CUSTOMER, PREVIOUS, UNAVAILABLE = 1, 2, 4, 8

local function has(flags, flag)
    return math.floor(flags / flag) % 2 == 1
end

-- Frames by connector and definition; only a cache.
local frame_cache, frame_count = {}, 0
local FRAMES_KEPT = 1000

-- The definition is itself msgpack: state key prefix, stream, table or false, number of names, names, names of fields that
-- are NULL in this frame.
local function frame_new(definition)
    local d = {unpack_all(definition)}
    local f = {state = d[1], stream = d[2], table_name = d[3], names = {}, json = {}, gone = {}, puts = {}}
    local n = d[4]
    for i = 1, n do
        f.names[i] = d[4 + i]
        f.json[i] = '"' .. d[4 + i] .. '":"'
    end
    for i = 5 + n, #d do f.gone[#f.gone + 1] = quoted(d[i]) end
    f.n = n
    f.hmget, f.hset = {'HMGET', 0, unpack(f.names)}, {'HSET', 0}
    return f
end

local function frame(next, definition)
    local cache = frame_cache[connector]
    if not cache or frame_count >= FRAMES_KEPT then
        if frame_count >= FRAMES_KEPT then frame_cache, frame_count = {}, 0 end
        cache = {}
        frame_cache[connector] = cache
    end
    local f = cache[definition]
    if not f then
        f = frame_new(definition)
        cache[definition] = f
        frame_count = frame_count + 1
    end
    frames[#frames + 1] = f
    return next
end

-- Events

-- Code that adds an event to the stream, from expressions for what is not just in a variable of its attribute's name.
local function xadd_code(flags, stream, id, source_name, data)
    return table.concat{
        'call("XADD",', stream, ', "*", "id", ', id, ', "type", type, "source", ', source_name, ', "subject", subject,',
        ' "time", time, "data", ', data, has(flags, PREVIOUS) and ', "previous", previous' or '',
        has(flags, CUSTOMER) and ', "customer", customer' or '', ', "tx", xid', has(flags, LAST) and ', "txlast", "1"' or '',
        has(flags, UNAVAILABLE) and ', "unavailable", unavailable' or '', ')',
    }
end

-- Adds an event with the attributes that the flags say: one function for each combination, made when it is first wanted.
local xadd = {}

local function compile_xadd(flags)
    xadd[flags] = loadstring(
        'local call = ... return function(stream, id, type, source, subject, time, data, previous, customer, xid, unavailable)' ..
        ' return ' .. xadd_code(flags, 'stream', 'id', 'source', 'data') .. ' end')(call)
    return xadd[flags]
end

local function write(flags, stream, seq, type, subject, time, data, previous, customer, xid, unavailable)
    if previous then flags = flags + PREVIOUS end
    if customer then flags = flags + CUSTOMER end
    if unavailable then flags = flags + UNAVAILABLE end
    local add = xadd[flags] or compile_xadd(flags)
    local id = add(stream, id_prefix .. seq, type, source, subject, time, data, previous, customer, xid, unavailable)
    if not first_ids[stream] then first_ids[stream] = id end
end

-- The event that is held back, h_stream being false when there is none.
local h_stream, h_seq, h_type, h_subject, h_time, h_data, h_previous, h_customer, h_xid, h_unavailable

local function let_go(last)
    if h_stream then
        local stream = h_stream
        h_stream = false
        write(last, stream, h_seq, h_type, h_subject, h_time, h_data, h_previous, h_customer, h_xid, h_unavailable)
    end
end

-- `last` is 1 for the last record of a transaction. When later records of the transaction may emit nothing, an event waits
-- for the next one, so that `txlast` comes to stand on the last event that is emitted. A transaction whose end is in a later
-- batch, and emits nothing there, has no `txlast`.
local function hold_back(last, stream, seq, type, subject, time, data, previous, customer, xid, unavailable)
    if h_stream then let_go(0) end
    if last == 1 then
        write(1, stream, seq, type, subject, time, data, previous, customer, xid, unavailable)
    else
        h_stream, h_seq, h_type, h_subject, h_time = stream, seq, type, subject, time
        h_data, h_previous, h_customer, h_xid, h_unavailable = data, previous, customer, xid, unavailable
    end
end

local emit -- write or hold_back

-- A record that emits nothing.
local function skip(last)
    if last == 1 then let_go(1) end
end

-- JSON; the agent escapes in the same way
local escapes = {['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t'}
local UNSAFE = '[%z\1-\31"\\]'

local function escape(text)
    return (string.gsub(text, UNSAFE, function(c) return escapes[c] or string.format('\\u%04x', string.byte(c)) end))
end

local function escaped(text)
    return find(text, UNSAFE) and escape(text) or text
end

-- Records

-- Most writes: all fields of the frame have values, and none needs escaping in JSON. The operation says which frame and which
-- flags; the code is made for both: function(next, subject, seq, type, time, xid[, customer][, previous], value…). An insert
-- has no `previous`; if it finds a state, the fields that are NULL now go.
local function compile_put(f, flags)
    local values, fields, json = {}, {}, {}
    for i = 1, f.n do
        values[i] = 'v' .. i
        fields[i] = quoted(f.names[i]) .. ',v' .. i
        json[i] = quoted((i == 1 and '{"' or '","') .. f.names[i] .. '":"') .. '..v' .. i
    end
    local customer, previous = has(flags, CUSTOMER), has(flags, PREVIOUS)
    local data = table.concat(json, '..') .. '..\'"}\''
    local stream = quoted(f.stream)
    local code = {
        'local call, hold_back, first_ids = ... return function(next, subject, seq, type, time, xid',
        customer and ', customer' or '', previous and ', previous' or '', ',', table.concat(values, ','), ')',
        ' local key = ', quoted(f.state), ' .. subject local new = call("HSET", key, ', table.concat(fields, ','),
        ', "_source", ', quoted(connector), ', "_time", time, "_seq", seq',
        f.table_name and ', "_table",' .. quoted(f.table_name) or '', ')',
    }
    if not previous and f.gone[1] then
        code[#code + 1] = string.format(' if new < %d then call("HDEL", key, %s) end', f.n + (f.table_name and 4 or 3),
                                        table.concat(f.gone, ','))
    end
    if emit == hold_back then
        code[#code + 1] = string.format(' hold_back(%d, %s, seq, type, subject, time, %s, %s, %s, xid, false)', flags % 2, stream,
                                        data, previous and 'previous' or 'false', customer and 'customer' or 'false')
    else
        code[#code + 1] = string.format(' local id = %s if not first_ids[%s] then first_ids[%s] = id end',
                                        xadd_code(flags, stream, quoted(id_prefix) .. ' .. seq', quoted(source), data), stream,
                                        stream)
    end
    code[#code + 1] = ' return next end'
    return loadstring(table.concat(code))(call, hold_back, first_ids)
end

local PUT = 8 -- operations from here on are a PUT: eight for each frame

local function put_for(op)
    local f, flags = frames[math.floor(op / PUT)], op % PUT
    local variant = emit == hold_back and flags + PUT or flags
    local put = f.puts[variant] or compile_put(f, flags)
    f.puts[variant] = put
    puts[op] = put
    return put
end

-- Any other PUT: data comes ready, names and values as pairs. `gone`: fields to remove (packed names), always or, in an
-- insert, only if there was a state before.
local function put_pairs(next, last, frame_index, subject, seq, type, time, xid, customer, previous, unavailable, data, gone,
                         insert, n, ...)
    local f = frames[frame_index]
    local key = f.state .. subject
    local new
    if f.table_name then
        n = n + 1
        new = call('HSET', key, '_table', f.table_name, '_source', connector, '_time', time, '_seq', seq, ...)
    else
        new = call('HSET', key, '_source', connector, '_time', time, '_seq', seq, ...)
    end
    if gone and not (insert and new == n + 3) then call('HDEL', key, unpack_all(gone)) end
    emit(last, f.stream, seq, type, subject, time, data, previous, customer, xid, unavailable)
    return next
end

-- Four entries, in order (the other way round Lua would hash them): see undo().
local function remember(key, names, old, values)
    local n = undo_n
    undo_log[n + 1] = key
    undo_log[n + 2] = names
    undo_log[n + 3] = old
    undo_log[n + 4] = values
    undo_n = n + 4
end

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
    if existing and not found then
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
    if found then
        previous = previous .. '}'
        if candidates then type = verb(candidates, type, old, values) end
        -- the source did not send whose it is; the state knows
        if unavailable and not customer then customer = call('HGET', key, 'customer_id') end
    else
        previous = false
    end
    if last == 0 then
        hold_back(0, f.stream, seq, type, subject, time, data, previous, customer, xid, unavailable)
    else
        if h_stream then let_go(0) end
        write(1, f.stream, seq, type, subject, time, data, previous, customer, xid, unavailable)
    end
    return next
end

-- Also whose it was, or false.
local function previous_of(state)
    local parts, customer = {}, false
    for i = 1, #state, 2 do
        local name = state[i]
        if string.byte(name) ~= 95 then
            parts[#parts + 1] = '"' .. name .. '":"' .. escaped(state[i + 1]) .. '"'
            if name == 'customer_id' then customer = state[i + 1] end
        end
    end
    return '{' .. table.concat(parts, ',') .. '}', customer
end

-- `previous` is false when only the store knows what was there; `drop`: emit only if there was a state.
local function delete(next, last, frame_index, subject, seq, type, time, xid, customer, previous, drop)
    local f = frames[frame_index]
    local key = f.state .. subject
    if drop or not previous then
        local state = call('HGETALL', key)
        if state[1] then
            remember(key, false, state, false)
            local held, whose = previous_of(state)
            previous, customer = previous or held, customer or whose
        elseif drop then
            skip(last)
            return next
        end
    end
    call('UNLINK', key)
    emit(last, f.stream, seq, type, subject, time, '{}', previous, customer, xid, false)
    return next
end

-- An event that touches no state.
local function event(next, last, frame_index, subject, seq, type, time, xid, data)
    emit(last, frames[frame_index].stream, seq, type, subject, time, data, false, false, xid, false)
    return next
end

-- Fields of a dead letter, in pairs.
local function reject(next, ...)
    local id = call('XADD', dlq, 'MAXLEN', '~', '100000', '*', ...)
    if not first_ids[dlq] then first_ids[dlq] = id end
    return next
end

-- Ends every body: without it, something was cut off.
local function finish(next)
    whole = true
    return next
end

local records = {[0] = frame, put_pairs, merge, delete, event, reject, finish}

-- All or nothing

-- What remember() was told: of a merge, names, old and new values (old ones false: there was no state); of a removed state,
-- only `old`, its names and values.
local function restore(key, names, old, values)
    if not names then
        call('UNLINK', key) -- a later record of the batch may have made it anew
        for i = 1, #old, 1000 do call('HSET', key, unpack(old, i, math.min(i + 999, #old))) end
    elseif not old then
        call('UNLINK', key)
    else
        for i = 1, #names do
            if old[i] ~= values[i] then
                if old[i] then call('HSET', key, names[i], old[i]) else call('HDEL', key, names[i]) end
            end
        end
    end
end

local function undo()
    for stream, id in pairs(first_ids) do
        repeat
            local entries = call('XRANGE', stream, id, '+', 'COUNT', 500)
            for i = 1, #entries do entries[i] = entries[i][1] end
            if entries[1] then call('XDEL', stream, unpack(entries)) end
        until not entries[1]
    end
    for i = undo_n - 3, 1, -4 do restore(unpack(undo_log, i, i + 3)) end
end

-- The text of a failure, beginning with Redis's code for it. Inside a function a missing right has no code, and another text
-- in 7.0 than since.
local function message_of(failure)
    local text = type(failure) == 'table' and failure.err or tostring(failure)
    text = string.gsub(text, '^ERR ', '')
    if find(text, "^The user executing the script can't") or find(text, '^ACL failure in script') then
        return 'NOPERM ' .. text
    end
    return find(text, '^%u[%u_]+ ') and text or 'ERR ' .. text
end

-- The key of the state that the record at hand is about, if it is about one.
local function key_of(body)
    local next, n, op = unpack_some(body, 2, record_at)
    local record = {unpack_some(body, n, next)}
    if op >= PUT then return frames[math.floor(op / PUT)].state .. record[2] end
    local f = frames[record[3]]
    return f and f.state .. record[4]
end

-- The key that a call failed on, as well as that can be told: one that cannot be read as what it should be.
local function failed_key(body)
    local known, key = pcall(key_of, body)
    if known and key and not pcall(call, 'HMGET', key, '_seq') then return key end
    for i = 1, #frames do
        if not pcall(call, 'XRANGE', frames[i].stream, '-', '+', 'COUNT', 1) then return frames[i].stream end
    end
    if not pcall(call, 'XRANGE', dlq, '-', '+', 'COUNT', 1) then return dlq end
    return known and key or '-'
end

-- Keeps the code that stands first in Redis's errors.
local function refused(batch, failure, body)
    local code, text = string.match(message_of(failure), '^(%S+) (.*)$')
    return redis.error_reply(string.format('%s batch %s, key %s: %s', code, batch, failed_key(body), text))
end

local function run(body)
    local at = 0
    repeat
        record_at = at
        local next, n, op = unpack_some(body, 2, at)
        local apply = records[op] or puts[op] or put_for(op)
        at = apply(unpack_some(body, n, next))
    until at < 0
    if not whole then error('the batch is cut off', 0) end
    let_go(0)
end

-- The body and then the checkpoint: in one, so that a checkpoint that cannot be written takes the events back as well.
local function run_and_note(body, checkpoint, ...)
    run(body)
    call('HSET', checkpoint, ...)
end

local function begin_batch(may_hold)
    emit, h_stream, whole = may_hold and hold_back or write, false, false
    for stream in pairs(first_ids) do first_ids[stream] = nil end
    frames, puts, undo_log, undo_n, record_at = {}, {}, {}, 0, 0
end

local function broken_reply(why)
    return redis.error_reply('BROKEN a batch was applied in part and could not be taken back: ' .. why)
end

-- The error to answer with, or nil.
local function check_epoch(checkpoint, epoch)
    local c = call('HMGET', checkpoint, 'epoch', 'broken')
    if c[1] ~= epoch then
        local code = c[1] and tonumber(c[1]) > tonumber(epoch) and 'FENCED' or 'FORGOTTEN'
        return redis.error_reply(code .. ' this is epoch ' .. epoch .. ', the store has ' .. (c[1] or 'none'))
    end
    if c[2] then return broken_reply(c[2]) end
end

local function trim(streams, max_len)
    for stream in pairs(streams) do call('XTRIM', stream, 'MAXLEN', '~', max_len) end
end

-- keys: checkpoint, dead letters. args: connector, epoch, batch number, position, open transaction, ordinal, time of the
-- newest commit, trim streams to this length or 0, '1' when records may emit nothing, body.
-- Returns the number of the last applied batch.
local function apply(keys, args)
    bind()
    local checkpoint, number = keys[1], tonumber(args[3])
    local stored = call('HMGET', checkpoint, 'epoch', 'batch', 'broken')
    if stored[1] ~= args[2] or stored[3] then return check_epoch(checkpoint, args[2]) end
    local before = tonumber(stored[2] or 0)
    if before >= number then return before end
    if before ~= number - 1 then
        return redis.error_reply(string.format('OUTOFORDER batch %s cannot follow batch %d', args[3], before))
    end
    connector, dlq = args[1], keys[2]
    source, id_prefix = '/tributary/' .. connector, connector .. ':'
    begin_batch(args[9] == '1')
    local done, failure = pcall(run_and_note, args[10], checkpoint, 'batch', args[3], 'position', args[4], 'open_tx', args[5],
                                'ordinal', args[6], 'time', args[7])
    if not done then
        local undone, worse = pcall(undo)
        if not undone then
            call('HSET', checkpoint, 'broken', 'batch ' .. args[3] .. ': ' .. message_of(failure) .. '; ' .. message_of(worse))
        end
        return refused(args[3], failure, args[10])
    end
    if args[8] ~= '0' then
        first_ids[dlq] = nil
        trim(first_ids, args[8])
    end
    return number
end

-- Lease and checkpoint

local function now_ms()
    local now = call('TIME')
    return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- Higher than the stored one, and, by the clock, than any that a store has seen which since went back to an older backup:
-- a writer from before must not find its own epoch again.
local function next_epoch(stored)
    return string.format('%.0f', math.max(tonumber(stored or 0) + 1, now_ms()))
end

-- keys: checkpoint, lease. args: owner, lease in ms, another owner that is known to be dead or ''.
-- Returns {holder} when another agent has the lease, else {false, epoch, position, open_tx, ordinal, batch,
-- identity, time, epoch before}.
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
    return {false, epoch, c[1], c[2], c[3], c[4], c[5], c[6], before}
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

-- keys: checkpoint, lease, set of connectors, this connector's hash, then streams to trim. args: epoch, owner, lease in ms,
-- connector, life of the hash in ms, longest stream or 0, oldest entry in ms or 0, then names and values for the hash.
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
    for i = 5, #keys do
        if args[6] ~= '0' then call('XTRIM', keys[i], 'MAXLEN', '~', args[6]) end
        if oldest then call('XTRIM', keys[i], 'MINID', '~', oldest) end
    end
    return redis.status_reply('OK')
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

-- Removes those of the given states that this connector made (from that table, unless it is ''). keys: checkpoint, then
-- states. args: epoch, connector, table. Returns how many were removed.
local function sweep(keys, args)
    bind()
    local refusal = check_epoch(keys[1], args[1])
    if refusal then return refusal end
    local removed = 0
    for i = 2, #keys do
        local owner = call('HMGET', keys[i], '_source', '_table')
        if owner[1] == args[2] and (args[3] == '' or owner[2] == args[3]) then
            removed = removed + call('UNLINK', keys[i])
        end
    end
    return removed
end

-- Tries, on two keys that are gone afterwards, every right that apply and its undo need, so that a missing one shows when
-- the agent connects. keys: a hash, a stream.
local function probe(keys)
    bind()
    local hash, stream = keys[1], keys[2]
    local commands = {
        {'UNLINK', hash, stream}, {'HSET', hash, 'a', '1', 'b', '2'}, {'HMGET', hash, 'a'}, {'HGETALL', hash}, {'HDEL', hash, 'a'},
        {'XADD', stream, '1-1', 'a', '1'}, {'XRANGE', stream, '-', '+'}, {'XTRIM', stream, 'MAXLEN', '~', '1'},
        {'XDEL', stream, '1-1'}, {'UNLINK', hash, stream},
    }
    for i = 1, #commands do
        local done, failure = pcall(call, unpack(commands[i]))
        if not done then
            if i > 1 then call('UNLINK', hash, stream) end
            return redis.error_reply(message_of(failure) .. ': ' .. commands[i][1])
        end
    end
    return redis.status_reply('OK')
end

redis.register_function('tributary_apply', apply)
-- A full Redis must not stop these: they trim, and hold on to the lease meanwhile.
redis.register_function{function_name = 'tributary_acquire', callback = acquire, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_begin', callback = begin, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_beat', callback = beat, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_release', callback = release, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_sweep', callback = sweep, flags = {'allow-oom'}}
redis.register_function{function_name = 'tributary_probe', callback = probe, flags = {'allow-oom'}}
