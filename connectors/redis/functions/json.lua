-- JSON; the agent escapes in the same way.

local escapes = {['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t'}
local UNSAFE = '[%z\1-\31"\\]'

local function escape(text)
    return (string.gsub(text, UNSAFE, function(c) return escapes[c] or string.format('\\u%04x', string.byte(c)) end))
end

local function escaped(text)
    return find(text, UNSAFE) and escape(text) or text
end

local function string_of(text)
    return '"' .. escaped(text) .. '"'
end

-- Names and values in turn as an object of strings.
local function object_of(...)
    local pairs_of, parts = {...}, {}
    for i = 1, #pairs_of, 2 do parts[#parts + 1] = string_of(pairs_of[i]) .. ':' .. string_of(pairs_of[i + 1]) end
    return '{' .. table.concat(parts, ',') .. '}'
end

-- The fields of a state (names and values in turn) without Tributary's own; also whose it was, or false.
local function fields_of(state)
    local parts, customer = {}, false
    for i = 1, #state, 2 do
        local name = state[i]
        if string.byte(name) ~= 95 then
            parts[#parts + 1] = '"' .. name .. '":"' .. escaped(state[i + 1]) .. '"'
            if name == 'customer_id' then customer = state[i + 1] end
        end
    end
    return '{' .. table.concat(parts, ',') .. '}', customer
end
