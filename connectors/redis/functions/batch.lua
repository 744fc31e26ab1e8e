-- Applying a batch: its records in order, then the checkpoint; and the refusal of what cannot be applied.

local record_at -- where the record at hand begins, for messages
local whole     -- the end of the body was seen

-- Ends every body: without it, something was cut off.
local function finish(next)
    whole = true
    return next
end

local records = {[0] = frame, put_pairs, merge, delete, event, reject, finish, watch, settle} -- and those of load.lua, check.lua

-- The text of a failure, beginning with Redis's code for it. Inside a function a missing right has no code, and another text
-- in 7.0 than since.
local function message_of(failure)
    local text = type(failure) == 'table' and failure.err or tostring(failure)
    text = string.gsub(text, '^ERR ', '')
    if find(text, "^The user executing the script can't") or find(text, '^ACL failure in script') then
        return 'NOPERM ' .. text
    end
    return find(text, '^%u[%u_]+ ') and text or 'ERR ' .. text
end

-- Keeps the code that stands first in Redis's errors, and says where it happened.
local function refused(where, failure)
    local code, text = string.match(message_of(failure), '^(%S+) (.*)$')
    return redis.error_reply(code .. ' ' .. where .. ': ' .. text)
end

local function begin_call()
    frames, puts, record_at, whole = {}, {}, 0, false
    begin_journal()
    begin_events()
    begin_agreement()
    begin_findings()
end

local function broken_reply(why)
    return redis.error_reply('BROKEN a batch was applied in part and could not be taken back: ' .. why)
end

-- The error to answer with, or nil.
local function check_epoch(checkpoint, epoch)
    local c = call('HMGET', checkpoint, 'epoch', 'broken')
    if c[1] ~= epoch then
        local code = c[1] and tonumber(c[1]) > tonumber(epoch) and 'FENCED' or 'FORGOTTEN'
        return redis.error_reply(code .. ' this is epoch ' .. epoch .. ', the store has ' .. (c[1] or 'none'))
    end
    if c[2] then return broken_reply(c[2]) end
end

-- Takes back what this call did; what stays is said in the checkpoint.
local function take_back(checkpoint, what, failure)
    local undone, worse = pcall(undo)
    if not undone then
        call('HSET', checkpoint, 'broken', what .. ': ' .. message_of(failure) .. '; ' .. message_of(worse))
    end
end

-- Of a call that is no batch: takes it back, and answers with the key that it failed at.
local function give_up(checkpoint, what, failure)
    local key = touching or '-'
    take_back(checkpoint, what, failure)
    return refused('key ' .. key, failure)
end

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

-- The record at hand: its operation, and the keys that it is about.
local function subject_of(body)
    local next, n, op = unpack_some(body, 2, record_at)
    local record = {unpack_some(body, n, next)}
    local f, subject, customer
    if op >= 2 * PUT then
        f, subject, customer = frames[math.floor(op / PUT) - 1], record[2], has(op % PUT, CUSTOMER) and record[7]
    else
        f, subject, customer = frames[record[3]], record[4], op <= 3 and record[9]
    end
    return op, f and f.state .. subject, f, customer
end

local function is_stream(key)
    return pcall(call, 'XRANGE', key, '-', '+', 'COUNT', 1)
end

-- Keys of the customer's story that are not what they should be.
local function failed_story(customer)
    if not pcall(call, 'SISMEMBER', keys_of.entities .. customer, '') then return keys_of.entities .. customer end
    if not is_stream(keys_of.timeline .. customer) then return keys_of.timeline .. customer end
end

-- The key that a call failed on, as well as that can be told: one that cannot be read as what it should be.
local function failed_key(body)
    if touching then return touching end
    local known, _, key, f, customer = pcall(subject_of, body)
    if known and key and not pcall(call, 'HMGET', key, '_seq') then return key end
    for i = 1, #frames do
        if not is_stream(frames[i].stream) then return frames[i].stream end
    end
    if not is_stream(dlq) then return dlq end
    return known and f and f.story and customer and failed_story(customer) or known and key or '-'
end

-- A PUT that failed after it wrote its state would find nothing new about it when it comes again: see forbidden() and the index.
local function forget_newest(body)
    local op, key = subject_of(body)
    if key and (op == 1 or op >= 2 * PUT) then call('HDEL', key, '_seq') end
end

local function run(body)
    local at = 0
    repeat
        record_at = at
        local next, n, op = unpack_some(body, 2, at)
        local apply = records[op] or puts[op] or put_for(op)
        at = apply(unpack_some(body, n, next))
    until at < 0
    if not whole then error('the batch is cut off', 0) end
    judge_touched()
    let_go(0)
end

local AT_ONCE = 1000 -- names and values in one command: Lua's stack holds some 8,000

-- The progress of snapshots, args[12] and on: names and values in turn. An empty value means that the name goes; the last word on a
-- name counts.
local function note_progress(checkpoint, args)
    local progress, fields = {}, {}
    for i = 12, #args - 1, 2 do progress[args[i]] = args[i + 1] end
    for name, value in pairs(progress) do
        if value == '' then
            remove_field(checkpoint, name)
        else
            fields[#fields + 1], fields[#fields + 2] = name, value
        end
    end
    for i = 1, #fields, AT_ONCE do call('HSET', checkpoint, unpack(fields, i, math.min(i + AT_ONCE - 1, #fields))) end
end

-- The body and then the checkpoint: in one, so that a checkpoint that cannot be written takes the events back as well.
local function run_and_note(checkpoint, args)
    begin_erased()
    emit = (args[9] == '1' or salt) and hold_back or write
    run(args[10])
    count_findings(checkpoint)
    touching = checkpoint
    note_progress(checkpoint, args)
    touching = checkpoint
    call('HSET', checkpoint, 'batch', args[3], 'position', args[4], 'open_tx', args[5], 'ordinal', args[6], 'time', args[7])
end

local function trim(streams, max_len)
    for stream in pairs(streams) do call('XTRIM', stream, 'MAXLEN', '~', max_len) end
end

-- keys: checkpoint, dead letters. args: connector, epoch, batch number, position, open transaction, ordinal, time of the
-- newest commit, trim streams to this length or 0, '1' when records may emit nothing, body, '1' to be told what was emitted, names
-- and values of the progress of snapshots. Returns the number of the last applied batch; or, if that is asked for and was
-- applied by this call, with_counts() of it.
local function apply(keys, args)
    bind()
    local checkpoint, number = keys[1], tonumber(args[3])
    local stored = call('HMGET', checkpoint, 'epoch', 'batch', 'broken')
    if stored[1] ~= args[2] or stored[3] then return check_epoch(checkpoint, args[2]) end
    local before = tonumber(stored[2] or 0)
    if before >= number then return before end
    if before ~= number - 1 then
        return redis.error_reply(string.format('OUTOFORDER batch %s cannot follow batch %d', args[3], before))
    end
    dlq = keys[2]
    serve(args[1], checkpoint)
    begin_call()
    local done, failure = pcall(run_and_note, checkpoint, args)
    if not done then
        local key = failed_key(args[10])
        pcall(forget_newest, args[10])
        take_back(checkpoint, 'batch ' .. args[3], failure)
        return refused('batch ' .. args[3] .. ', key ' .. key, failure)
    end
    if args[8] ~= '0' then
        first_ids[dlq], first_ids[keys_of.findings .. connector] = nil, nil -- these have lengths of their own
        trim(first_ids, args[8])
    end
    return args[11] == '1' and with_counts(number) or number
end

redis.register_function('tributary_apply', apply)
end
