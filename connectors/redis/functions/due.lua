-- What time brings about: an entity that stays as it is for too long makes an event. When that is due stands in a sorted set of
-- the connector that wrote the state last; tend.lua looks there.

-- Milliseconds since 1970, or false when the rule does not hold.
local function due_at(due, state)
    local value = state and state[due.field]
    if not value or not due.values[value] then return false end
    local since = due.since and time_ms(state[due.since]) or time_ms(state._time)
    return since and since + due.after_ms or false
end

-- `_due` in the state says that the event was emitted; it stays as long as that moment stays the same.
local function settle_due(f, key, subject, before, after)
    local member, at = f.member .. subject, due_at(f.due, after)
    if after and after._due then
        if at and before and at == due_at(f.due, before) then at = false else call('HDEL', key, '_due') end
    end
    if before and before._source and before._source ~= connector then remove_score(keys_of.due .. before._source, member) end
    if at then set_score(keys_of.due .. connector, at, member) else remove_score(keys_of.due .. connector, member) end
end
