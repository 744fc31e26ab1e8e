-- Whose states are: for the comparison of what a table made with what it has now. Read-only.

-- keys: states. args: connector, table or '' when it does not matter. Returns those of the keys that they made.
redis.register_function{function_name = 'tributary_owned', flags = {'no-writes'}, callback = function(keys, args)
    bind()
    local owned = {}
    for i = 1, #keys do
        local owner = call('HMGET', keys[i], '_source', '_table')
        if owner[1] == args[1] and (args[2] == '' or owner[2] == args[2]) then owned[#owned + 1] = keys[i] end
    end
    return owned
end}
