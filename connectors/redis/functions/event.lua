-- Events: entries of the entities' streams.

-- What an event may have besides what all have; as bits of a number.
local LAST, CUSTOMER, PREVIOUS, UNAVAILABLE = 1, 2, 4, 8

local told = {} -- type -> how many events of it this call has emitted, ":checked" -> how many rows it has checked, …; for metrics

-- What a call answers when its caller wants to know what was emitted: `answer`, then types and numbers in turn.
local function with_counts(answer)
    local reply = {answer}
    for type, n in pairs(told) do reply[#reply + 1], reply[#reply + 2] = type, n end
    return reply
end

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

-- `whose`: whose it was before, if it was another's.
local function write(flags, f, seq, type, subject, time, data, previous, customer, xid, unavailable, whose)
    local stream = f.stream
    if previous then flags = flags + PREVIOUS end
    if customer then flags = flags + CUSTOMER end
    if unavailable then flags = flags + UNAVAILABLE end
    local add = xadd[flags] or compile_xadd(flags)
    told[type] = (told[type] or 0) + 1
    local id = add(stream, id_prefix .. seq, type, source, subject, time, data, previous, customer, xid, unavailable)
    if not first_ids[stream] then first_ids[stream] = id end
    if f.timeline > 0 then note_all(f, id, type, subject, time, customer, whose) end
end

-- An event that no row says, but what follows from one: it belongs to no transaction.
local function write_derived(f, seq, type, subject, time, data, customer)
    local stream = f.stream
    local args = {'XADD', stream, '*', 'id', id_prefix .. seq, 'type', type, 'source', source, 'subject', subject, 'time', time,
                  'data', data}
    if customer then args[#args + 1], args[#args + 2] = 'customer', customer end
    told[type] = (told[type] or 0) + 1
    touching = stream
    local id = call(unpack(args))
    if not first_ids[stream] then first_ids[stream] = id end
    touching = false
    if f.timeline > 0 and customer then note(f, customer, id, type, subject, time) end
end

-- The event that is held back, h_frame being false when there is none, and the derived ones that come behind it.
local h_frame, h_seq, h_type, h_subject, h_time, h_data, h_previous, h_customer, h_xid, h_unavailable, h_whose
local behind

local function begin_events()
    h_frame, behind = false, {}
    for type in pairs(told) do told[type] = nil end
end

local function let_go(last)
    if h_frame then
        local f = h_frame
        h_frame = false
        write(last, f, h_seq, h_type, h_subject, h_time, h_data, h_previous, h_customer, h_xid, h_unavailable, h_whose)
    end
    if behind[1] then
        local list = behind
        behind = {}
        for i = 1, #list do write_derived(unpack(list[i])) end
    end
end

-- Behind the event that it follows from.
local function derive(...)
    if h_frame then behind[#behind + 1] = {...} else write_derived(...) end
end

-- `last` is 1 for the last record of a transaction. When later records of the transaction may emit nothing, an event waits
-- for the next one, so that `txlast` comes to stand on the last event that is emitted. A transaction whose end is in a later
-- batch, and emits nothing there, has no `txlast`.
local function hold_back(last, f, seq, type, subject, time, data, previous, customer, xid, unavailable, whose)
    if h_frame then let_go(0) end
    if last == 1 then
        write(1, f, seq, type, subject, time, data, previous, customer, xid, unavailable, whose)
    else
        h_frame, h_seq, h_type, h_subject, h_time = f, seq, type, subject, time
        h_data, h_previous, h_customer, h_xid, h_unavailable, h_whose = data, previous, customer, xid, unavailable, whose
    end
end

local emit -- write or hold_back

-- A record that emits nothing.
local function skip(last)
    if last == 1 then let_go(1) end
end
