-- PUT: write a state, emit.

local puts -- operation -> function, for this batch

-- What a PUT of an entity that concerns customers does besides. An insert may find a state that was somebody else's; any other
-- write of the same customer's state has fields that are new only if the state is. Only a batch that may hold back an event can
-- leave one out.
local function story_code(f, last, customer, previous)
    local code = {}
    if emit == hold_back then
        code[1] = table.concat{' if new > 0 and forbidden(f, key, subject, ', customer and 'customer' or 'false', ') then skip(', last,
                               ') return next end'}
    end
    if customer then
        code[#code + 1] = table.concat{previous and ' if new > 0 then' or ' do', ' call("SADD", ', quoted(keys_of.entities),
                                       ' .. customer, ', quoted(f.member), ' .. subject) end'}
    end
    return table.concat(code)
end

local function timeline_code(f)
    return table.concat{
        ' local timeline = ', quoted(keys_of.timeline), ' .. customer local noted = call("XADD", timeline, "MAXLEN", "~", ',
        quoted(tostring(f.timeline)), ', "*", "entity", ', quoted(f.entity),
        ', "event", id, "type", type, "subject", subject, "time", time)',
        ' if not timeline_ids[timeline] then timeline_ids[timeline] = noted end',
    }
end

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
    local story = f.story and story_code(f, flags % 2, customer, previous) or ''
    local gone = not previous and f.gone[1]
    local code = {
        'local call, hold_back, first_ids, timeline_ids, forbidden, skip, f, told = ...',
        ' return function(next, subject, seq, type, time, xid',
        customer and ', customer' or '', previous and ', previous' or '', ',', table.concat(values, ','), ')',
        ' local key = ', quoted(f.state), ' .. subject ', (gone or story ~= '') and 'local new = ' or '',
        'call("HSET", key, ', table.concat(fields, ','),
        ', "_source", ', quoted(connector), ', "_time", time, "_seq", seq',
        f.table_name and ', "_table",' .. quoted(f.table_name) or '', ')', story,
    }
    if gone then
        code[#code + 1] = string.format(' if new < %d then call("HDEL", key, %s) end', f.n + (f.table_name and 4 or 3),
                                        table.concat(f.gone, ','))
    end
    if emit == hold_back then
        code[#code + 1] = string.format(' hold_back(%d, f, seq, type, subject, time, %s, %s, %s, xid, false)', flags % 2,
                                        data, previous and 'previous' or 'false', customer and 'customer' or 'false')
    else
        code[#code + 1] = string.format(' told[type] = (told[type] or 0) + 1 local id = %s' ..
                                        ' if not first_ids[%s] then first_ids[%s] = id end',
                                        xadd_code(flags, stream, quoted(id_prefix) .. ' .. seq', quoted(source), data), stream,
                                        stream)
        if customer and f.timeline > 0 then code[#code + 1] = timeline_code(f) end
    end
    code[#code + 1] = ' return next end'
    return loadstring(table.concat(code))(call, hold_back, first_ids, timeline_ids, forbidden, skip, f, told)
end

local PUT = 8 -- operations from here on are a PUT, unless they are below 16: eight for each frame

local function put_for(op)
    local f, flags = frames[math.floor(op / PUT) - 1], op % PUT
    local variant = emit == hold_back and flags + PUT or flags
    local put = f.puts[variant] or compile_put(f, flags)
    f.puts[variant] = put
    puts[op] = put
    return put
end

-- Any other PUT: data comes ready, names and values as pairs. `gone`: fields to remove (packed names), always or, in an
-- insert, only if there was a state before. `whose`: whose it was before, if it was another's.
local function put_pairs(next, last, frame_index, subject, seq, type, time, xid, customer, previous, unavailable, whose, data,
                         gone, insert, n, ...)
    local f = frames[frame_index]
    local key = f.state .. subject
    local new
    if f.table_name then
        n = n + 1
        new = call('HSET', key, '_table', f.table_name, '_source', connector, '_time', time, '_seq', seq, ...)
    else
        new = call('HSET', key, '_source', connector, '_time', time, '_seq', seq, ...)
    end
    if f.story and (new > 0 or insert or whose) then
        if (new > 0 or whose and customer) and forbidden(f, key, subject, customer) then
            skip(last)
            return next
        end
        if customer then
            touching = keys_of.entities .. customer
            call('SADD', touching, f.member .. subject)
        end
        if whose and whose ~= customer then
            touching = keys_of.entities .. whose
            call('SREM', touching, f.member .. subject)
        end
        touching = false
    end
    if gone and not (insert and new == n + 3) then call('HDEL', key, unpack_all(gone)) end
    if whose and mark(whose) then previous, whose = false, false end -- what somebody forgotten had is not told any more
    emit(last, f, seq, type, subject, time, data, previous, customer, xid, unavailable, whose)
    return next
end
