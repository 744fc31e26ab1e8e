-- Frames: what all records of one mapping and one set of given fields have in common.

local frames -- of this batch, in the order of their definition

-- Frames by connector and definition; only a cache.
local frame_cache, frame_count = {}, 0
local FRAMES_KEPT = 1000

local NO_ROLE, LINK, ERASURE = 0, 1, 2

-- Of packed objects, one after the other.
local function reader(packed)
    local list, at = {unpack_all(packed)}, 0
    local function next()
        at = at + 1
        return list[at]
    end
    local function many(n)
        local items = {}
        for i = 1, n do items[i] = next() end
        return items
    end
    return next, many
end

-- The rules: role, salt or false; number of agreeing fields, their names, whether they are decimals, number of the key's parts,
-- whether they are agreed across, types of the two events; type of the due event or false, its field, number of values,
-- values, field to count from or false, milliseconds.
local function rules_of(f, packed)
    local next, many = reader(packed)
    local role = next()
    f.links, f.erases, f.salt = role == LINK, role == ERASURE, next()
    local n = next()
    local agreement = {fields = many(n), decimal = many(n)}
    agreement.across = many(next())
    agreement.diverged, agreement.converged = next(), next()
    if n > 0 then f.agreement = agreement end
    local due = {type = next(), field = next(), values = {}}
    for _, value in ipairs(many(next())) do due.values[value] = true end
    due.since, due.after_ms = next(), next()
    if due.type then f.due = due end
end

-- The definition is itself msgpack: state key prefix, stream, table or false, entity, length of timelines (0: none are kept) or
-- false when the entity concerns no customer, rules (packed) or false, number of names, names, names of fields that are NULL
-- in this frame.
local function frame_new(definition)
    local d = {unpack_all(definition)}
    local f = {state = d[1], stream = d[2], table_name = d[3], entity = d[4], timeline = d[5] or 0, story = d[5] ~= false,
               names = {}, json = {}, gone = {}, puts = {}, candidates = {}, nlists = 0, merged = 0}
    local n = d[7]
    if d[6] then
        f.ruled = true
        rules_of(f, d[6])
    end
    for i = 1, n do
        f.names[i] = d[7 + i]
        f.json[i] = '"' .. d[7 + i] .. '":"'
        if f.story and d[7 + i] == 'customer_id' then f.customer_at = i end
    end
    for i = 8 + n, #d do
        f.gone[#f.gone + 1] = quoted(d[i])
        f.tells = f.tells or d[i] == 'customer_id'
    end
    f.tells = f.tells or f.customer_at -- whose the state is
    f.n = n
    f.hmget, f.hset = {'HMGET', 0, unpack(f.names)}, {'HSET', 0}
    f.member = f.entity .. ':'
    return f
end

local function frame_of(definition)
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
    return f
end

local function frame(next, definition)
    frames[#frames + 1] = frame_of(definition)
    return next
end
