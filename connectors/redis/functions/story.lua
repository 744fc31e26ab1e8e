-- The customer's story: the index of entities that concern a reference, and the reference's timeline.
--
-- The index is kept with the state: what it names and is not so (no state, or somebody else's) means nothing, and readers skip
-- it (belongs()), so only additions have to be certain.

local function belongs(customer_id, subject, ref)
    return customer_id == ref or subject == ref
end

-- A PUT has made a state new, or given it fields that it did not have. True: it must not be, and is gone again.
local function forbidden(f, key, subject, customer)
    if not salt or not refuses(f, subject, customer) then return false end
    call('UNLINK', key)
    return true
end

-- An event (stream id) of this frame's entity concerns `ref`.
local function note(f, ref, id, type, subject, time)
    local timeline = keys_of.timeline .. ref
    touching = timeline
    local noted = call('XADD', timeline, 'MAXLEN', '~', f.timeline, '*', 'entity', f.entity, 'event', id, 'type', type,
                       'subject', subject, 'time', time)
    if not timeline_ids[timeline] then timeline_ids[timeline] = noted end
    touching = false
end

-- In the timelines of the customer, of whose it was before, and, for a link, of the reference that is linked.
local function note_all(f, id, type, subject, time, customer, whose)
    if customer then note(f, customer, id, type, subject, time) end
    if whose and whose ~= customer then note(f, whose, id, type, subject, time) end
    if f.links and subject ~= customer and subject ~= whose then note(f, subject, id, type, subject, time) end
end
