-- Agreement: fields that must be equal among the entities whose keys differ only in some parts. Each group of them has a hash,
-- subject -> value, with `_diverged` while the values differ. A group is judged when a transaction that touched it ends (at the
-- latest with the batch), so that a transaction which changes all of them tells of no difference.

local touched, touched_at -- groups to be judged, in order; key -> place among them
local touching_tx         -- the transaction that touched them

local function begin_agreement()
    touched, touched_at, touching_tx = {}, {}, false
end

-- 12.50, +12.5 and 012.5 are one number.
local function normal(text)
    local sign, whole, fraction = string.match(text, '^([+-]?)0*(%d*)%.?(%d*)$')
    if not sign then return text end
    fraction = string.gsub(fraction, '0+$', '')
    if whole == '' then whole = '0' end
    if fraction ~= '' then return (sign == '-' and '-' or '') .. whole .. '.' .. fraction end
    return (sign == '-' and whole ~= '0' and '-' or '') .. whole
end

-- False when the state has none of the fields.
local function value_of(a, state)
    local parts, some = {}, false
    for i = 1, #a.fields do
        local value = state and state[a.fields[i]]
        some = some or value
        parts[i] = value and (a.decimal[i] and normal(value) or value) or ''
    end
    return some and table.concat(parts, '\31') or false
end

-- "SKU-1:web:-:GBP:-" -> "SKU-1:*:*:GBP:-"
local function group_of(a, subject)
    local i = 0
    local group = string.gsub(subject .. ':', '([^:]*):', function(part)
        i = i + 1
        return (a.across[i] and '*' or part) .. ':'
    end)
    return string.sub(group, 1, -2)
end

local VALUES = 20 -- at most, in an event

local function value_json(f, subject)
    local a = f.agreement
    local state = call('HMGET', f.state .. subject, '_source', unpack(a.fields))
    local parts = {'subject', subject, 'source', state[1] or ''}
    for i = 1, #a.fields do
        if state[i + 1] then parts[#parts + 1], parts[#parts + 2] = a.fields[i], state[i + 1] end
    end
    return object_of(unpack(parts))
end

local function values_json(f, subjects)
    table.sort(subjects)
    local values = {}
    for i = 1, math.min(#subjects, VALUES) do values[i] = value_json(f, subjects[i]) end
    local more = #subjects > VALUES and string.format(',"more":"%d"', #subjects - VALUES) or ''
    return string.format('{"fields":"%s","values":[%s]%s}', table.concat(f.agreement.fields, ' '), table.concat(values, ','), more)
end

local function judge(t)
    touching = t.key
    local flat = call('HGETALL', t.key)
    touching = false
    local subjects, first, differ, since = {}, nil, false, false
    for i = 1, #flat, 2 do
        if flat[i] == '_diverged' then
            since = true
        else
            subjects[#subjects + 1] = flat[i]
            first = first or flat[i + 1]
            differ = differ or first ~= flat[i + 1]
        end
    end
    if differ == since then return end
    local divergences, a = keys_of.divergences .. t.f.entity .. '}', t.f.agreement
    if differ then
        set_field(t.key, '_diverged', t.time)
        set_score(divergences, time_ms(t.time) or now_ms(), t.key)
    else
        remove_field(t.key, '_diverged')
        remove_score(divergences, t.key)
    end
    derive(t.f, t.seq .. (differ and ':diverged' or ':converged'), differ and a.diverged or a.converged, t.group, t.time,
           values_json(t.f, subjects), false)
end

local function judge_touched()
    local list = touched
    begin_agreement()
    for i = 1, #list do judge(list[i]) end
end

local function touch(f, key, group, seq, time)
    local tx = string.match(seq, '^(.*):') or seq
    if touching_tx and tx ~= touching_tx then judge_touched() end
    touching_tx = tx
    local at = touched_at[key]
    if not at then
        at = #touched + 1
        touched_at[key] = at
    end
    touched[at] = {f = f, key = key, group = group, seq = seq, time = time}
end

local function settle_agreement(f, subject, after, seq, time)
    local value, group = value_of(f.agreement, after), group_of(f.agreement, subject)
    local key = keys_of.agreement .. f.entity .. '}:' .. group
    touching = key
    if call('HGET', key, subject) == value then return end
    if value then set_field(key, subject, value) else remove_field(key, subject) end
    touch(f, key, group, seq, time)
end
