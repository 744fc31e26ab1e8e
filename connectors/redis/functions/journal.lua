-- What a failed call takes back:
--   - every stream entry of this call: those from the first id on that the call added to each stream. Nobody has seen
--     them, because nobody runs between;
--   - every state that a record has read in order to decide (MERGE, DROP, DELETE without a before image, and all states of
--     entities with rules), restored to what was read, newest first (but for a merge's `_time` and `_seq`, which applying it
--     again writes again);
--   - every change of a set, a sorted set or another hash that was made by one of the functions below.
-- States written by PUT, and removed by DELETE with a before image, stay, and their place in the index of entities with them:
-- these records read nothing, so applying the batch again writes the same states and emits the same events. What a PUT does
-- when its state is new it must do again if that failed: apply() then makes the state look new (forget_newest()).

local first_ids = {}    -- event stream or dead letters -> id of the first entry that this call added
local timeline_ids = {} -- timeline -> the same
local undo_log          -- key, names, old: for each record that read a state and changed it
local undo_n
local journal           -- commands that take changes back, newest last
local touching          -- the key that is being changed, for messages

local function begin_journal()
    for stream in pairs(first_ids) do first_ids[stream] = nil end
    for stream in pairs(timeline_ids) do timeline_ids[stream] = nil end
    undo_log, undo_n, journal, touching = {}, 0, {}, false
end

-- Three entries, in order (the other way round Lua would hash them): see restore().
local function remember(key, names, old)
    local n = undo_n
    undo_log[n + 1] = key
    undo_log[n + 2] = names
    undo_log[n + 3] = old
    undo_n = n + 3
end

local function add_member(key, member)
    touching = key
    if call('SADD', key, member) == 1 then journal[#journal + 1] = {'SREM', key, member} end
    touching = false
end

local function remove_member(key, member)
    touching = key
    if call('SREM', key, member) == 1 then journal[#journal + 1] = {'SADD', key, member} end
    touching = false
end

local function took(undo_with)
    if undo_with then journal[#journal + 1] = undo_with end
    touching = false
end

local function set_field(key, name, value)
    touching = key
    local old = call('HGET', key, name)
    if old ~= value then call('HSET', key, name, value) end
    took(old and {'HSET', key, name, old} or {'HDEL', key, name})
end

local function remove_field(key, name)
    touching = key
    local old = call('HGET', key, name)
    if old then call('HDEL', key, name) end
    took(old and {'HSET', key, name, old})
end

local function set_score(key, score, member)
    touching = key
    local old = call('ZSCORE', key, member)
    if not old or tonumber(old) ~= score then call('ZADD', key, string.format('%.0f', score), member) end
    took(old and {'ZADD', key, old, member} or {'ZREM', key, member})
end

local function remove_score(key, member)
    touching = key
    local old = call('ZSCORE', key, member)
    if old then call('ZREM', key, member) end
    took(old and {'ZADD', key, old, member})
end

-- What remember() was told: of a merge, names and what they held (false: there was no state); of a removed or watched state, only
-- `old`, its names and values.
local function restore(key, names, old)
    if not names then
        call('UNLINK', key) -- a later record of the batch may have made it anew
        for i = 1, #old, 1000 do call('HSET', key, unpack(old, i, math.min(i + 999, #old))) end
    elseif not old then
        call('UNLINK', key)
    else
        local is = call('HMGET', key, unpack(names))
        for i = 1, #names do
            if old[i] ~= is[i] then
                if old[i] then call('HSET', key, names[i], old[i]) else call('HDEL', key, names[i]) end
            end
        end
    end
end

local function remove_entries(stream, id)
    repeat
        local entries = call('XRANGE', stream, id, '+', 'COUNT', 500)
        for i = 1, #entries do entries[i] = entries[i][1] end
        if entries[1] then call('XDEL', stream, unpack(entries)) end
    until not entries[1]
end

local function undo()
    for stream, id in pairs(first_ids) do remove_entries(stream, id) end
    for stream, id in pairs(timeline_ids) do
        remove_entries(stream, id)
        if call('XLEN', stream) == 0 then call('UNLINK', stream) end
    end
    for i = undo_n - 2, 1, -3 do restore(unpack(undo_log, i, i + 2)) end
    for i = #journal, 1, -1 do call(unpack(journal[i])) end
end
