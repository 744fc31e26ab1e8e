/* INFO's lines of "name:value" (info.h). Lines that are not known are passed over; what is missing stays empty. No state. */
#include "redis/info.h"

#include <stdio.h>
#include <stdlib.h>

static void take_version(struct redis_info *info, const char *value)
{
    char *dot;

    info->major = (unsigned)strtoul(value, &dot, 10);
    info->minor = *dot == '.' ? (unsigned)strtoul(dot + 1, NULL, 10) : 0;
}

/* One line: its value goes where its name says. */
static void take(struct redis_info *info, const char *name, const char *value)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
    } texts[] = {
        {"redis_version", info->version, sizeof info->version},
        {"valkey_version", info->version, sizeof info->version},
        {"server_name", info->server, sizeof info->server},
        {"role", info->role, sizeof info->role},
        {"maxmemory_policy", info->policy, sizeof info->policy},
    };
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"loading", &info->loading}, {"cluster_enabled", &info->cluster}, {"aof_enabled", &info->aof}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(name, texts[i].name) == 0)
            snprintf(texts[i].text, texts[i].size, "%s", value);
    }
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(name, flags[i].name) == 0)
            *flags[i].flag = strcmp(value, "1") == 0;
    }
    if (strcmp(name, "redis_version") == 0)
        take_version(info, value);
    else if (strcmp(name, "maxmemory") == 0)
        info->max_memory = strtoull(value, NULL, 10);
    else if (strcmp(name, "used_memory") == 0)
        info->used_memory = strtoull(value, NULL, 10);
    else if (strcmp(name, "connected_slaves") == 0)
        info->replicas = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "min_slaves_good_slaves") == 0)
        info->min_replicas = true; /* the line is there only if it is set */
    else if (strcmp(name, "rdb_saves") == 0)
        info->saves = strtoull(value, NULL, 10) > 0;
}

static void take_line(struct redis_info *info, struct cdc_slice line)
{
    char text[256], *colon;

    if (line.len >= sizeof text)
        return;
    memcpy(text, line.ptr, line.len);
    text[line.len] = '\0';
    colon = strchr(text, ':');
    if (!colon)
        return;
    *colon = '\0';
    take(info, text, colon + 1);
}

void redis_info_parse(struct redis_info *info, struct cdc_slice text)
{
    const char *end;

    *info = (struct redis_info){.server = "redis"};
    while (text.len) {
        end = memchr(text.ptr, '\n', text.len);
        struct cdc_slice line = {text.ptr, end ? (size_t)(end - text.ptr) : text.len};
        text = end ? cdc_slice(end + 1, text.len - line.len - 1) : cdc_slice(NULL, 0);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        take_line(info, line);
    }
}

bool redis_info_keeps(const struct redis_info *info)
{
    return strcmp(info->policy, "noeviction") == 0 || strncmp(info->policy, "volatile-", 9) == 0;
}
