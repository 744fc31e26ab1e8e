-- Entities with rules: their state is read before the event (WATCH) and after it (SETTLE), and what the rules ask for follows
-- from the two. The states are restored when the batch fails.

local w_frame, w_subject, w_key, w_before

local function watch_state(f, subject)
    local key = f.state .. subject
    touching = key
    local state = call('HGETALL', key)
    remember(key, false, state)
    w_frame, w_subject, w_key, w_before = f, subject, key, map_of(state)
end

local function settle_state(after, seq, time)
    local f = w_frame
    local was, is = w_before and w_before.customer_id, after and after.customer_id
    if f.story and was and was ~= is then remove_member(keys_of.entities .. was, f.member .. w_subject) end
    if f.links then settle_links(f, w_subject, w_before, after) end
    if f.agreement then settle_agreement(f, w_subject, after, seq, time) end
    if f.due then settle_due(f, w_key, w_subject, w_before, after) end
    if f.erases then settle_erasure(f, w_key, w_subject, after, seq, time) end
    touching = false
end

local function watch(next, frame_index, subject)
    watch_state(frames[frame_index], subject)
    touching = false
    return next
end

local function settle(next, seq, time)
    settle_state(map_of(call('HGETALL', w_key)), seq, time)
    return next
end
