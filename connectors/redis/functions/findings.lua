-- Findings: what verification met that is not as it must be. A capped stream of the connector holds the keys and the names of the
-- fields, never a value. How many there were of each kind in a run and table stands in the checkpoint, and is exact like it.

local begin_findings, finding, count_findings

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

local LENGTH = '100000'

local counted -- field of the checkpoint -> how many this call has found

function begin_findings() counted = {} end

-- `seq`: "<run>:<ordinal>". `kind`: missing, different or extra. `names`: of the fields that differ, or nil.
function finding(f, seq, from, subject, kind, names, repaired)
    local run = string.match(seq, '^(.*):') or seq
    local stream = keys_of.findings .. connector
    local args = {'XADD', stream, 'MAXLEN', '~', LENGTH, '*', 'run', run, 'table', from, 'entity', f.entity, 'key', subject, 'kind',
                  kind, 'repaired', repaired and '1' or '0'}
    if names then args[#args + 1], args[#args + 2] = 'fields', table.concat(names, ' ') end
    touching = stream
    local id = call(unpack(args))
    if not first_ids[stream] then first_ids[stream] = id end
    touching = false
    local field = table.concat({'snapshot:found', run, from, kind}, ':')
    counted[field] = (counted[field] or 0) + 1
end

function count_findings(checkpoint)
    for field, n in pairs(counted) do
        set_field(checkpoint, field, string.format('%.0f', tonumber(call('HGET', checkpoint, field) or 0) + n))
    end
end

end
