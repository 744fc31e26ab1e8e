-- Time: RFC 3339 in UTC, as all canonical times are, and milliseconds since 1970. Days by the proleptic Gregorian calendar.

local DAY_MS = 86400000

local function now_ms()
    local now = call('TIME')
    return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- Years begin in March here, so that the leap day comes last.
local function days_of(year, month, day)
    if month <= 2 then year = year - 1 end
    local era = math.floor(year / 400)
    local of_era = year - era * 400
    local of_year = math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
    return era * 146097 + of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100) + of_year - 719468
end

-- nil: not a time
local function time_ms(text)
    local year, month, day, hour, minute, second = string.match(text or '', '^(%d+)-(%d%d)-(%d%d)T(%d%d):(%d%d):(%d%d%.?%d*)Z$')
    if not year then return nil end
    local days = days_of(tonumber(year), tonumber(month), tonumber(day))
    return days * DAY_MS + tonumber(hour) * 3600000 + tonumber(minute) * 60000 + math.floor(tonumber(second) * 1000)
end

local function time_text(ms)
    local days, rest = math.floor(ms / DAY_MS), ms % DAY_MS
    local shifted = days + 719468
    local era = math.floor(shifted / 146097)
    local of_era = shifted - era * 146097
    local years = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524) - math.floor(of_era / 146096)) / 365)
    local of_year = of_era - (365 * years + math.floor(years / 4) - math.floor(years / 100))
    local shifted_month = math.floor((5 * of_year + 2) / 153)
    local day = of_year - math.floor((153 * shifted_month + 2) / 5) + 1
    local month = (shifted_month + 2) % 12 + 1
    local year = years + era * 400 + (month <= 2 and 1 or 0)
    return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03d000Z', year, month, day, math.floor(rest / 3600000),
                         math.floor(rest / 60000) % 60, math.floor(rest / 1000) % 60, rest % 1000)
end
