-- Who has been erased: a hash of keyed hashes, of customer references and of states ("booking:cinema-42") that an erasure
-- removed. It holds no name: without the reference nobody can tell who it was. What it says is asked only when a state would
-- come into being, or an event tells of one that is not there.

local salt -- of this store; false while nobody has been erased
local sha1

local function begin_erased()
    sha1 = redis.sha1hex
    touching = keys_of.erased
    salt = call('HGET', keys_of.erased, 'salt')
    touching = false
end

local function mark_of(text)
    return sha1(salt .. text)
end

local function mark(text)
    return salt and call('HGET', keys_of.erased, mark_of(text))
end

-- Whether a state may be missing, because of that.
local function is_erased(f, subject, customer)
    if not salt or not f.story then return false end
    return (f.links and mark(subject) or mark(customer or f.member .. subject)) and true or false
end

-- Whether a state must not come (back). A record that names somebody who is not erased is welcome, whoever had the state before;
-- one that names nobody (a late row without the customer) is judged by the state.
local function refuses(f, subject, customer)
    if not salt or not f.story then return false end
    local by = f.links and mark(subject) or customer and mark(customer)
    if by then
        set_field(keys_of.erased, mark_of(f.member .. subject), by)
        return true
    end
    if not customer then return mark(f.member .. subject) and true or false end
    remove_field(keys_of.erased, mark_of(f.member .. subject)) -- it is another's from now on
    return false
end
