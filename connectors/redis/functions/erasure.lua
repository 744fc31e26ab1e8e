-- Requests to erase. The batch that brings one marks every reference that is linked to the customer and notes the work;
-- tend.lua does it in small steps. Marks carry the request that made them: rejected, a request lifts its own marks only.

local function begin_salt(f)
    if salt then return end
    set_field(keys_of.erased, 'salt', f.salt)
    salt = f.salt
end

local function mark_all(refs, time, subject)
    for i = 1, #refs do
        if not mark(refs[i]) then set_field(keys_of.erased, mark_of(refs[i]), time .. ' ' .. subject) end
    end
end

-- Nobody is linked to more references than this.
local REFS = 10000

-- The references of both, and whether the second list had any that the first lacks.
local function joined(known, refs)
    local seen, more = {}, false
    for i = 1, #known do seen[known[i]] = true end
    for i = 1, #refs do
        if not seen[refs[i]] then known[#known + 1], more = refs[i], true end
    end
    return known, more
end

local function request(f, subject, state, seq, time)
    begin_salt(f)
    local refs = closure(state.customer_id, REFS)
    mark_all(refs, time, subject)
    local key = keys_of.erasing .. connector
    touching = key
    local stored = call('HGET', key, subject)
    touching = false
    local work = stored and unpack_all(stored) or
        {refs = {}, entity = f.entity, request = state.request_id or subject, seq = seq, time = time, states = 0, events = 0,
         timelines = 0, letters = 0}
    local known, more = joined(work.refs, refs)
    if stored and not more then return end
    work.refs, work.phase, work.at = known, 1, 1
    set_field(key, subject, cmsgpack.pack(work))
end

local function lift(hash, subject)
    local by = call('HGET', keys_of.erased, hash)
    if by and string.match(by, ' (.*)$') == subject then remove_field(keys_of.erased, hash) end
end

local function reject_request(key, subject, state)
    if not salt then return end
    local erasing = keys_of.erasing .. connector
    local stored = call('HGET', erasing, subject)
    local refs = stored and unpack_all(stored).refs or {state.customer_id}
    for i = 1, #refs do lift(mark_of(refs[i]), subject) end
    for hash in string.gmatch(state._marks or '', '%x+') do lift(hash, subject) end
    remove_field(erasing, subject)
    call('HDEL', key, '_erased', '_marks')
end

local function settle_erasure(f, key, subject, after, seq, time)
    if not after or not after.customer_id then return end
    if after.status == 'rejected' then
        reject_request(key, subject, after)
    elseif not after._erased then
        request(f, subject, after, seq, time)
    end
end
