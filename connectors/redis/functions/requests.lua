-- Requests to the agent that runs a connector: a stream, so short that its beat takes all of it at once. What nobody takes expires.

local take_requests

do -- what is local in here is nobody else's: a chunk of Lua 5.1 has at most 200 locals

local MOST, LONGEST, LIFE_MS = 16, 4096, 600000

-- keys: lease, requests. args: text.
local function request(keys, args)
    bind()
    if call('EXISTS', keys[1]) == 0 then return redis.error_reply('NOAGENT no agent runs this connector') end
    if #args[1] > LONGEST then return redis.error_reply('ERR a request has at most ' .. LONGEST .. ' bytes') end
    if call('XLEN', keys[2]) >= MOST then return redis.error_reply('TOOMANY ' .. MOST .. ' requests wait for the agent') end
    call('XADD', keys[2], '*', 'text', args[1])
    call('PEXPIRE', keys[2], LIFE_MS)
    return redis.status_reply('OK')
end

-- The texts, oldest first; nil if there are none.
function take_requests(key)
    local texts = call('XRANGE', key, '-', '+')
    for i = 1, #texts do texts[i] = texts[i][2][2] end
    if not texts[1] then return nil end
    call('UNLINK', key)
    return texts
end

redis.register_function('tributary_request', request)
end
