-- For programs: everything that is known of a customer, over all references that are linked. Read-only; the reply is JSON.

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

local REFERENCES, STATES, MEMBERS, ENTRIES, MOST_ENTRIES = 100, 500, 2000, 100, 1000

-- What the index of each reference names, without doubles: {entity, subject, refs}, sorted; and whether that is all. A reference that
-- stands for many people, a till's walk-in customers say, must not hold up Redis: of too large an index only a part is looked at.
local function members_of(refs)
    local list, seen, all = {}, {}, true
    for i = 1, #refs do
        local key, room = keys_of.entities .. refs[i], MEMBERS - #list
        local some = call('SCARD', key) > room
        local members = some and call('SRANDMEMBER', key, room) or call('SMEMBERS', key)
        all = all and not some
        for k = 1, #members do
            local at = seen[members[k]]
            if not at then
                local entity, subject = parts_of(members[k])
                at = {entity = entity, subject = subject, refs = {}}
                seen[members[k]] = at
                list[#list + 1] = at
            end
            at.refs[refs[i]] = true
        end
    end
    table.sort(list, function(a, b)
        if a.entity ~= b.entity then return a.entity < b.entity end
        return a.subject < b.subject
    end)
    return list, all
end

-- The member's state as names and values in turn, sorted; nil if there is none, or it is no longer theirs.
local function state_of(member)
    local state = map_of(call('HGETALL', keys_of.state .. member.entity .. '}:' .. member.subject))
    if not state or not (member.refs[state.customer_id] or member.refs[member.subject]) then return nil end
    local names, flat = {}, {}
    for name in pairs(state) do names[#names + 1] = name end
    table.sort(names)
    for i = 1, #names do flat[2 * i - 1], flat[2 * i] = names[i], state[names[i]] end
    return flat
end

local function states_json(refs)
    local members, all = members_of(refs)
    local entities, states, open, n = {}, {}, nil, 0
    local function close()
        if open then entities[#entities + 1] = string_of(open) .. ':{' .. table.concat(states, ',') .. '}' end
        states = {}
    end
    for i = 1, #members do
        local state = state_of(members[i])
        if state and n == STATES then
            all = false
            break
        end
        if state then
            if members[i].entity ~= open then
                close()
                open = members[i].entity
            end
            n = n + 1
            states[#states + 1] = string_of(members[i].subject) .. ':' .. object_of(unpack(state))
        end
    end
    close()
    return '{' .. table.concat(entities, ',') .. '}' .. (all and '' or ',"more_states":"true"')
end

-- Stream ids compare by two numbers.
local function id_before(a, b)
    local a_ms, a_n = string.match(a, '(%d+)-(%d+)')
    local b_ms, b_n = string.match(b, '(%d+)-(%d+)')
    if a_ms ~= b_ms then return tonumber(a_ms) < tonumber(b_ms) end
    return tonumber(a_n) < tonumber(b_n)
end

-- The newest entries of all timelines, newest first, each event once.
local function entries_of(refs, limit)
    local list, seen = {}, {}
    for i = 1, limit > 0 and #refs or 0 do
        local entries = call('XREVRANGE', keys_of.timeline .. refs[i], '+', '-', 'COUNT', limit)
        for k = 1, #entries do
            local e = map_of(entries[k][2])
            local name = e.entity .. ' ' .. e.event
            if not seen[name] then
                seen[name] = true
                list[#list + 1] = e
            end
        end
    end
    table.sort(list, function(a, b)
        if a.time ~= b.time then return a.time > b.time end
        if a.event ~= b.event then return id_before(b.event, a.event) end
        return a.entity < b.entity
    end)
    return list
end

-- An entry with the event that it refers to, unless that is gone.
local function entry_json(e)
    local event = call('XRANGE', keys_of.events .. e.entity .. '}', e.event, e.event)[1]
    event = event and map_of(event[2]) or {}
    local flat = {'time', e.time, 'entity', e.entity, 'type', e.type, 'subject', e.subject}
    for _, name in ipairs{'customer', 'id'} do
        if event[name] then flat[#flat + 1], flat[#flat + 2] = name, event[name] end
    end
    flat[#flat + 1], flat[#flat + 2] = 'event', e.event
    local json = string.sub(object_of(unpack(flat)), 1, -2)
    for _, name in ipairs{'data', 'previous'} do
        if event[name] then json = json .. ',"' .. name .. '":' .. event[name] end
    end
    return json .. '}'
end

local function timeline_json(refs, limit)
    local list, parts = entries_of(refs, limit), {}
    for i = 1, math.min(#list, limit) do parts[i] = entry_json(list[i]) end
    return '[' .. table.concat(parts, ',') .. ']'
end

local function references_json(refs)
    table.sort(refs)
    local parts = {}
    for i = 1, #refs do parts[i] = string_of(refs[i]) end
    return '[' .. table.concat(parts, ',') .. ']'
end

-- The reference that a key "cdc:links:{customer}:<ref>" is about; the other keys follow from it.
local function begin_reading(key)
    bind()
    local prefix, ref = string.match(key, '^(.-)links:{customer}:(.+)$')
    if not prefix then return nil end
    if keys_of.prefix ~= prefix then name_keys(prefix) end
    return ref
end

local NO_LINKS_KEY = 'ERR the key must be <prefix>:links:{customer}:<system>:<id>'

-- keys: the reference's links. args: most entries of the timeline, or none.
local function customer(keys, args)
    local ref = begin_reading(keys[1])
    if not ref then return redis.error_reply(NO_LINKS_KEY) end
    local limit = math.floor(tonumber(args[1] or ENTRIES) or ENTRIES)
    local refs, more = closure(ref, REFERENCES)
    return table.concat{
        '{"customer":', string_of(ref), ',"references":', references_json(refs), more and ',"more_references":"true"' or '',
        ',"states":', states_json(refs), ',"timeline":', timeline_json(refs, math.max(0, math.min(limit, MOST_ENTRIES))), '}',
    }
end

-- A part of a key, as the agent writes it.
local function encoded(text)
    return (string.gsub(text, '[%z\1-\32:%%{}]', function(c) return string.format('%%%02X', string.byte(c)) end))
end

-- keys: as before. args: purpose, channel or none. The latest decision for that purpose, in this channel or in general, under
-- any linked reference; "none" if there is none. A consent's key says whose it is, what for and by what means.
local function consent(keys, args)
    local ref = begin_reading(keys[1])
    if not ref or not args[1] then return redis.error_reply(ref and 'ERR a purpose is needed' or NO_LINKS_KEY) end
    local refs, status, latest = closure(ref, REFERENCES), 'none', ''
    for i = 1, #refs do
        for _, channel in ipairs{'-', args[2]} do
            local key = keys_of.state .. 'consent}:' .. refs[i] .. ':' .. encoded(args[1]) .. ':' .. encoded(channel)
            local s = call('HMGET', key, 'customer_id', 'status', 'collected_at', '_time')
            local decided = s[3] or s[4] or ''
            if s[1] == refs[i] and s[2] and decided > latest then status, latest = s[2], decided end
        end
    end
    return status
end

redis.register_function{function_name = 'tributary_customer', callback = customer, flags = {'no-writes'}}
redis.register_function{function_name = 'tributary_consent', callback = consent, flags = {'no-writes'}}
end
