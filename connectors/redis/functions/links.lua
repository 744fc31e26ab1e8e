-- Links between customer references. A row of a linking entity (identity) is one edge: from the reference that is its key to its
-- `customer_id`, unless `link_status` says unlinked. Both ends have a set of the others. What holds is always taken from the
-- states of the two ends, never counted, so a row that goes takes nothing along that another row still says.

-- The other end of a state's edge, or false.
local function edge_of(subject, customer_id, link_status)
    if link_status == 'unlinked' or customer_id == subject then return false end
    return customer_id or false
end

local function edge(subject, state)
    return state and edge_of(subject, state.customer_id, state.link_status)
end

local function unlink(f, one, other)
    local back = call('HMGET', f.state .. other, 'customer_id', 'link_status')
    if edge_of(other, back[1], back[2]) == one then return end
    remove_member(keys_of.links .. one, other)
    remove_member(keys_of.links .. other, one)
end

-- The row also stands in the index of the reference that is its key.
local function settle_links(f, subject, before, after)
    local was, is = edge(subject, before), edge(subject, after)
    if before and not after then remove_member(keys_of.entities .. subject, f.member .. subject) end
    if after then add_member(keys_of.entities .. subject, f.member .. subject) end
    if was == is then return end
    if was then unlink(f, subject, was) end
    if is then
        add_member(keys_of.links .. subject, is)
        add_member(keys_of.links .. is, subject)
    end
end

-- All references that are linked to one, itself first, nearest first; at most `most`, and whether there are more.
local function closure(ref, most)
    local list, seen, at = {ref}, {[ref] = true}, 1
    while list[at] do
        local others = call('SMEMBERS', keys_of.links .. list[at])
        table.sort(others)
        for i = 1, #others do
            if not seen[others[i]] then
                if #list >= most then return list, true end
                seen[others[i]] = true
                list[#list + 1] = others[i]
            end
        end
        at = at + 1
    end
    return list, false
end
