/* Searching a whole Redis by a script in it (search.h). Nobody else is served meanwhile. Failures end the test. */
#include "lib/search.h"

#include "lib/fail.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static const char SCRIPT[] =
    "local function text_of(value)\n"
    "    if type(value) ~= 'table' then return tostring(value) end\n"
    "    for i = 1, #value do value[i] = text_of(value[i]) end\n"
    "    return table.concat(value, '\\n')\n"
    "end\n"
    "local read = {string = {'GET'}, hash = {'HGETALL'}, set = {'SMEMBERS'}, zset = {'ZRANGE', 0, -1}, list = {'LRANGE', 0, -1},\n"
    "              stream = {'XRANGE', '-', '+'}}\n"
    "local found, cursor = {}, '0'\n"
    "repeat\n"
    "    local page = redis.call('SCAN', cursor, 'COUNT', 1000)\n"
    "    cursor = page[1]\n"
    "    for _, key in ipairs(page[2]) do\n"
    "        local kind = redis.call('TYPE', key).ok\n"
    "        local command = read[kind] or error('a key of type ' .. kind)\n"
    "        local text = key .. '\\n' .. text_of(redis.call(command[1], key, unpack(command, 2)))\n"
    "        for _, wanted in ipairs(ARGV) do\n"
    "            if string.find(text, wanted, 1, true) then found[#found + 1] = wanted .. ' ' .. key end\n"
    "        end\n"
    "    end\n"
    "until cursor == '0'\n"
    "return found";

/* The texts as Lua has them: one by one. */
static char *script_for(const char *texts)
{
    return text_print(
        "local ARGV = {} for text in string.gmatch(%s%s%s, '%%S+') do ARGV[#ARGV + 1] = text end\n%s", "[[",
        texts, "]]", SCRIPT);
}

const char *search_redis(struct server_redis *redis, const char *texts)
{
    char *script = script_for(texts);
    const char *found = server_redis_text(redis, "EVAL %s 0", script);

    free(script);
    return found;
}

void search_expect_none(struct server_redis *redis, const char *texts)
{
    const char *found = search_redis(redis, texts);

    cr_assert_str_empty(found, "this should not be in Redis:\n%s", found);
}

void search_expect_all(struct server_redis *redis, const char *texts)
{
    char *list = text_print("%s", texts), *save = NULL,
         *found = text_print("\n%s", search_redis(redis, texts));

    for (char *text = strtok_r(list, " ", &save); text; text = strtok_r(NULL, " ", &save)) {
        char *line = text_print("\n%s ", text);
        cr_assert(strstr(found, line), "%s is not in Redis", text);
        free(line);
    }
    free(found);
    free(list);
}
