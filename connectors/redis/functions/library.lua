#!lua name=tributary_v1
-- revision: 5
--
-- Tributary's functions inside Redis: what must be atomic. The agent loads this library when the server has none or one
-- with a lower revision; a change keeps functions and arguments compatible, or the library gets another name. The files of
-- this folder are one chunk, put together by the Makefile in the order of its list: a local of one file is known in those after it.
--
-- All or nothing. Redis does not roll a function back when it fails half-way, so tributary_apply() does it itself. Most
-- failures come before the first write: Redis refuses the whole call (OOM, READONLY, MISCONF, NOREPLICAS), the epoch or the
-- batch number is wrong. What can still fail in the middle is a key that somebody else made with another type (WRONGTYPE), a
-- missing right (NOPERM; the agent probes for it when it connects), and a broken body. Then undo() takes back what journal.lua
-- says; the checkpoint stays one batch behind, the error names the key, and after the key is mended the same rows are applied
-- exactly once. If even undo() fails, the checkpoint gets a field `broken`, and no function takes that connector on until
-- somebody has looked and removed the field.
--
-- Speed. A Lua string costs a hash over all its bytes, a malloc and a free; a table slot written and unpacked costs more
-- than a constant in code. So a record holds values only, the field names of a mapping come once per batch (a frame), and
-- the code that makes HSET's arguments and the JSON is generated per frame and kept. Measured on 7.0.15 with six fields and a
-- full envelope: generated code 247,000 events/s, names in every record 224,000, argument tables 207,000. Constants of the
-- generated code come from the agent's configuration, which allows only letters, digits, '_', '-' and '.' in names, and are quoted.
-- What an entity's rules ask for (links.lua, agreement.lua, due.lua, erasure.lua) is done between two looks at the state, by
-- records of their own around the event (settle.lua): an entity without rules knows nothing of it.
--
-- The body of a batch is a sequence of msgpack objects: for each record the number of objects that follow, the operation,
-- and what that operation's function takes. The agent's encode.c writes it; describe.c reads it.

local call, unpack, unpack_all, unpack_some, find -- set by every entry: while a library loads there are no globals

-- Whose call it is.
local connector, source, id_prefix
local keys_of = {} -- what keys begin with, or are: timeline, entities, links, …; see serve()

local function bind()
    call, unpack_all, unpack_some = redis.call, cmsgpack.unpack, cmsgpack.unpack_limit
    unpack, find = _G.unpack, string.find
end

-- `checkpoint` is a key "cdc:checkpoint:<name>": from it all others follow.
local function name_keys(prefix)
    for _, what in ipairs{'timeline', 'entities', 'links', 'erased'} do keys_of[what] = prefix .. what .. ':{customer}:' end
    keys_of.erased = prefix .. 'erased:{customer}'
    for _, what in ipairs{'state', 'events', 'agreement', 'divergences'} do keys_of[what] = prefix .. what .. ':{' end
    for _, what in ipairs{'due', 'erasing', 'dlq', 'findings', 'requests'} do keys_of[what] = prefix .. what .. ':' end
    keys_of.connectors, keys_of.streams = prefix .. 'connectors', prefix .. 'streams'
    keys_of.prefix = prefix
end

local function serve(name, checkpoint)
    local prefix = string.sub(checkpoint, 1, -#name - #'checkpoint:' - 1)
    connector, source, id_prefix = name, '/tributary/' .. name, name .. ':'
    if keys_of.prefix ~= prefix then name_keys(prefix) end
end

-- Lua source of a string constant.
local function quoted(text)
    return string.format('%q', text)
end

local function has(flags, flag)
    return math.floor(flags / flag) % 2 == 1
end

-- Names and values in turn, as Redis answers, as a table; false when there are none.
local function map_of(flat)
    if not flat[1] then return false end
    local map = {}
    for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
    return map
end

-- "booking:cinema-42" -> "booking", "cinema-42"
local function parts_of(member)
    return string.match(member, '^([^:]*):(.*)$')
end
