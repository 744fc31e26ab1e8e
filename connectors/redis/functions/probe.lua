-- Tries, on keys that are gone afterwards, every right that the functions need, so that a missing one shows when the agent
-- connects and not in the middle of a batch. keys: a hash, a stream, a set, a sorted set.
redis.register_function{function_name = 'tributary_probe', flags = {'allow-oom'}, callback = function(keys)
    bind()
    local hash, stream, set, sorted = keys[1], keys[2], keys[3], keys[4]
    local commands = {
        {'UNLINK', hash, stream, set, sorted}, {'HSET', hash, 'a', '1', 'b', '2'}, {'HGET', hash, 'a'}, {'HMGET', hash, 'a'},
        {'HGETALL', hash}, {'HKEYS', hash}, {'HDEL', hash, 'a'}, {'EXISTS', hash}, {'XADD', stream, '1-1', 'a', '1'},
        {'XRANGE', stream, '-', '+'}, {'XREVRANGE', stream, '+', '-', 'COUNT', '1'}, {'XLEN', stream}, {'XINFO', 'STREAM', stream},
        {'XTRIM', stream, 'MAXLEN', '~', '1'}, {'XDEL', stream, '1-1'}, {'SADD', set, 'a'}, {'SISMEMBER', set, 'a'}, {'SMEMBERS', set},
        {'SRANDMEMBER', set, '1'}, {'SREM', set, 'a'}, {'ZADD', sorted, '1', 'a'}, {'ZSCORE', sorted, 'a'},
        {'ZRANGEBYSCORE', sorted, '-inf', '1'}, {'ZREM', sorted, 'a'}, {'UNLINK', hash, stream, set, sorted},
    }
    for i = 1, #commands do
        local done, failure = pcall(call, unpack(commands[i]))
        if not done then
            if i > 1 then call(unpack(commands[1])) end
            return redis.error_reply(message_of(failure) .. ': ' .. commands[i][1])
        end
    end
    return redis.status_reply('OK')
end}
