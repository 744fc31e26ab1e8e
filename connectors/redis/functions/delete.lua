-- The other records: a state that goes, an event that touches none, a dead letter.

local dlq -- the stream of this connector's dead letters

-- What only the store knows: `previous`, and whose it was. Nothing if there is no state.
local function look(f, key, subject, customer)
    local state = call('HGETALL', key)
    if not state[1] then return false end
    remember(key, false, state)
    local held, whose = fields_of(state)
    customer = customer or whose
    if f.story and customer then remove_member(keys_of.entities .. customer, f.member .. subject) end
    return held, customer
end

-- `previous` is false when only the store knows what was there; `drop`: emit only if there was a state.
local function delete(next, last, frame_index, subject, seq, type, time, xid, customer, previous, drop)
    local f = frames[frame_index]
    local key = f.state .. subject
    local held = false
    if drop or not previous then
        local whose
        held, whose = look(f, key, subject, customer)
        if held then
            previous, customer = previous or held, whose
        elseif drop then
            skip(last)
            return next
        end
    elseif f.story and customer then
        call('SREM', keys_of.entities .. customer, f.member .. subject)
    end
    if call('UNLINK', key) == 0 and salt and refuses(f, subject, customer) then
        skip(last)
        return next
    end
    emit(last, f, seq, type, subject, time, '{}', previous, customer, xid, false)
    return next
end

-- An event that touches no state.
local function event(next, last, frame_index, subject, seq, type, time, xid, data)
    emit(last, frames[frame_index], seq, type, subject, time, data, false, false, xid, false)
    return next
end

-- Fields of a dead letter, in pairs.
local function reject(next, ...)
    local id = call('XADD', dlq, 'MAXLEN', '~', '100000', '*', ...)
    if not first_ids[dlq] then first_ids[dlq] = id end
    return next
end
