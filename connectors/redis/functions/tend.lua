-- What time brings about, and erasures under way: a little at every call, as due as the beat, more at once when there is more.
--
-- An erasure's work (a packed table in cdc:erasing:<connector>) goes through phases, over all references of the customer: first the
-- states, so that from then on nothing new can come; then the events that the timelines name, and the timelines; then, only if a
-- timeline does not know all of its events any more, all event streams; the dead letters; the links. Each step can be done again.

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

local budget -- how many commands this call may still make, roughly
local WORK = 100

local known -- entities of this agent: name -> frame

-- Due events

local function fire(f, member, key, state, flat, at)
    local verb_of = string.match(f.due.type, '[^.]*$')
    local subject = string.sub(member, #f.member + 1)
    local data, whose = fields_of(flat)
    derive(f, (state._seq or '-') .. ':' .. verb_of, f.due.type, subject, time_text(at), data, f.story and whose)
    set_field(key, '_due', time_text(at))
end

-- An entry says when to look; the state says whether it is so.
local function fire_or_forget(member, as_of, due_key)
    local entity, subject = parts_of(member)
    local f = known[entity]
    local key = f and f.state .. subject
    touching = key
    local flat = key and call('HGETALL', key) or {}
    touching = false
    local state = map_of(flat)
    local at = f and f.due and state and state._source == connector and not state._due and due_at(f.due, state)
    if at and at > as_of then
        set_score(due_key, at, member)
        return
    end
    if at and not (f.story and state.customer_id and mark(state.customer_id)) then fire(f, member, key, state, flat, at) end
    remove_score(due_key, member)
end

local DUE = 15 -- in one call

local function fire_due(as_of)
    local key = keys_of.due .. connector
    touching = key
    local members = call('ZRANGEBYSCORE', key, '-inf', string.format('%.0f', as_of), 'LIMIT', 0, DUE)
    for i = 1, #members do fire_or_forget(members[i], as_of, key) end
    touching = false
    budget = budget - 10 * #members
    return #members == DUE
end

-- Erasure

local function erase_state(work, ref, member)
    local entity, subject = parts_of(member)
    local key = keys_of.state .. entity .. '}:' .. subject
    touching = key
    local state = call('HMGET', key, 'customer_id', '_source')
    if belongs(state[1], subject, ref) and (state[1] or state[2]) then
        call('HSET', keys_of.erased, mark_of(member), work.time .. ' ' .. work.subject)
        work.states = work.states + call('UNLINK', key)
        if state[2] then call('ZREM', keys_of.due .. state[2], member) end
        if state[1] and state[1] ~= ref then call('SREM', keys_of.entities .. state[1], member) end
    end
    touching = keys_of.entities .. ref
    call('SREM', keys_of.entities .. ref, member)
end

-- Each phase does one step for the work's reference (or stream) number `at`: true when that one is done.
local function erase_states(work, ref)
    touching = keys_of.entities .. ref
    local members = call('SRANDMEMBER', keys_of.entities .. ref, 10)
    for i = 1, #members do erase_state(work, ref, members[i]) end
    budget = budget - 5 * #members - 1
    return not members[1]
end

-- Whether the timeline has lost entries, so that it does not know all events.
local function is_trimmed(timeline)
    local info = map_of(call('XINFO', 'STREAM', timeline))
    return info['entries-added'] > info.length
end

local function erase_timeline(work, ref)
    local timeline = keys_of.timeline .. ref
    touching = timeline
    if call('EXISTS', timeline) == 0 then return true end
    if work.begun ~= ref then
        work.begun = ref
        work.scan = work.scan or is_trimmed(timeline)
    end
    local entries = call('XRANGE', timeline, '-', '+', 'COUNT', 25)
    for i = 1, #entries do
        local e = map_of(entries[i][2])
        touching = keys_of.events .. e.entity .. '}'
        work.events = work.events + call('XDEL', touching, e.event)
        entries[i] = entries[i][1]
    end
    touching = timeline
    budget = budget - 2 * #entries - 4
    if entries[1] then
        call('XDEL', timeline, unpack(entries))
        return false
    end
    work.timelines = work.timelines + call('UNLINK', timeline)
    return true
end

local function customer_in(json)
    return json and string.match(json, '"customer_id":"([^"]*)"')
end

local function concerns(refs, entity, e)
    return refs[e.customer] or refs[customer_in(e.previous)] or refs[customer_in(e.data)] or
        (entity == 'customer' or entity == 'identity' or known[entity] and known[entity].links) and refs[e.subject]
end

local function letter_concerns(refs, e)
    if not e.entity or not e.key then return false end
    return refs[e.key] or mark(e.entity .. ':' .. e.key)
end

local SCAN = 60 -- entries of a stream in one step

-- Removes what `test` finds from a stream, a piece at a time: true at its end, which is where it ended when this began.
local function scan_stream(work, stream, test)
    touching = stream
    if not work.from then
        local last = call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
        if not last then return true, 0 end
        work.from, work.to = '-', last[1]
    end
    local entries, gone = call('XRANGE', stream, work.from, work.to, 'COUNT', SCAN), {}
    for i = 1, #entries do
        if test(map_of(entries[i][2])) then gone[#gone + 1] = entries[i][1] end
    end
    local removed = gone[1] and call('XDEL', stream, unpack(gone)) or 0
    local ended = #entries < SCAN
    budget = budget - 75
    work.from = not ended and '(' .. entries[#entries][1] or nil
    return ended, removed
end

local function set_of(list)
    local set = {}
    for i = 1, #list do set[list[i]] = true end
    return set
end

local function erase_events(work, entity)
    if not work.scan or entity == work.entity then return true end
    local refs = set_of(work.refs)
    local ended, removed = scan_stream(work, keys_of.events .. entity .. '}', function(e) return concerns(refs, entity, e) end)
    work.events = work.events + removed
    return ended
end

local function erase_letters(work, name)
    local refs = set_of(work.refs)
    local ended, removed = scan_stream(work, keys_of.dlq .. name, function(e) return letter_concerns(refs, e) end)
    work.letters = work.letters + removed
    return ended
end

local function erase_links(work, ref)
    touching = keys_of.links .. ref
    local others = call('SRANDMEMBER', keys_of.links .. ref, 50)
    for i = 1, #others do
        call('SREM', keys_of.links .. others[i], ref)
        call('SREM', keys_of.links .. ref, others[i])
    end
    budget = budget - 2 * #others - 1
    return not others[1]
end

local function left_over(work, ref)
    budget = budget - 1
    if call('EXISTS', keys_of.entities .. ref, keys_of.timeline .. ref, keys_of.links .. ref) > 0 then work.again = true end
    return true
end

local function references(work)
    return work.refs
end

local function sorted_set(key)
    touching = key
    local list = call('SMEMBERS', key)
    table.sort(list)
    return list
end

local function streams()
    return sorted_set(keys_of.streams)
end

local function connectors()
    local list = sorted_set(keys_of.connectors)
    for i = 1, #list do
        if list[i] == connector then return list end
    end
    list[#list + 1] = connector -- before its first beat
    return list
end

local phases = {
    {over = references, step = erase_states}, {over = references, step = erase_timeline}, {over = streams, step = erase_events},
    {over = connectors, step = erase_letters}, {over = references, step = erase_links}, {over = references, step = left_over},
}

-- As long as the budget lasts. True: all phases are done.
local function erase(work)
    while budget > 0 do
        local phase = phases[work.phase]
        local item = phase.over(work)[work.at]
        if not item then
            work.phase, work.at = work.phase + 1, 1
        elseif phase.step(work, item) then
            work.at, work.from, work.begun = work.at + 1, nil, nil
        end
        if work.phase > #phases then
            if not work.again then return true end
            work.phase, work.again = 1, nil
        end
    end
    return false
end

local function complete(work, subject)
    local f, key = known[work.entity], keys_of.state .. work.entity .. '}:' .. subject
    local marks, now = {}, time_text(now_ms())
    for i = 1, #work.refs do marks[i] = mark_of(work.refs[i]) end
    local data = object_of('request_id', work.request, 'references', tostring(#work.refs), 'states', tostring(work.states), 'events',
                           tostring(work.events), 'timelines', tostring(work.timelines), 'dead_letters', tostring(work.letters),
                           'complete', 'true', 'completed_at', now)
    f = f or {stream = keys_of.events .. work.entity .. '}', timeline = 0}
    derive(f, work.seq .. ':completed', work.entity .. '.completed', subject, work.time, data, false)
    touching = key
    if call('EXISTS', key) == 1 then
        set_field(key, '_erased', now)
        set_field(key, '_marks', table.concat(marks, ' '))
    end
    remove_field(keys_of.erasing .. connector, subject)
end

-- One request at a time. True: there is more to do.
local function erase_some()
    local key = keys_of.erasing .. connector
    touching = key
    local subject = call('HKEYS', key)[1]
    if not subject then
        touching = false
        return false
    end
    local work = unpack_all(call('HGET', key, subject))
    work.subject = subject
    for _, f in pairs(known) do work.scan = work.scan or f.story and f.timeline == 0 end
    if erase(work) then
        complete(work, subject)
    else
        touching = key
        call('HSET', key, subject, cmsgpack.pack(work))
    end
    touching = false
    return true
end

local function know(args)
    known = {}
    for i = 4, #args do
        if args[i] == 'counts' then break end
        local f = frame_of(args[i])
        known[f.entity] = f
        call('SADD', keys_of.streams, f.entity)
    end
end

local function tend_some(args)
    touching = keys_of.streams
    know(args)
    begin_erased()
    local more = fire_due(tonumber(args[3]))
    return erase_some() or more
end

-- keys: checkpoint. args: epoch, connector, up to when the store holds what the source committed (ms since 1970), then for each
-- entity that the agent writes a definition of a frame; then 'counts' to be told what was emitted. Returns 1 when there is more to
-- do now; or, if that is asked for, with_counts() of it.
local function tend(keys, args)
    bind()
    local refusal = check_epoch(keys[1], args[1])
    if refusal then return refusal end
    serve(args[2], keys[1])
    begin_call()
    budget = WORK
    local done, more = pcall(tend_some, args)
    if not done then return give_up(keys[1], 'tending', more) end
    more = more and 1 or 0
    return args[#args] == 'counts' and with_counts(more) or more
end

redis.register_function{function_name = 'tributary_tend', callback = tend, flags = {'allow-oom'}}
end
