/* Measuring when an event can be read (arrival.h). The thread has a connection of its own; failures end the test in arrival_end(). */
#include "lib/arrival.h"

#include "lib/fail.h"

#include "cdc/clock.h"

#include <hiredis/hiredis.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARRIVAL_MS = 30000 };

static const char *attribute(const redisReply *fields, const char *name)
{
    for (size_t i = 0; i + 1 < fields->elements; i += 2) {
        if (strcmp(fields->element[i]->str, name) == 0)
            return fields->element[i + 1]->str;
    }
    return "";
}

/* Goes through the reply of XREAD, [[stream, [[id, fields], …]]]. */
static bool has_come(struct arrival *arrival, const redisReply *reply)
{
    const redisReply *entries = reply->element[0]->element[1];

    for (size_t i = 0; i < entries->elements; i++) {
        const redisReply *fields = entries->element[i]->element[1];
        if (strcmp(attribute(fields, "type"), arrival->type) == 0 &&
            strcmp(attribute(fields, "subject"), arrival->subject) == 0)
            return true;
        free(arrival->from);
        arrival->from = text_print("%s", entries->element[i]->element[0]->str);
    }
    return false;
}

static void *arrival_read(void *ctx)
{
    struct arrival *arrival = ctx;
    int64_t until = cdc_now_ms() + ARRIVAL_MS;
    bool come = false;

    while (!come && cdc_now_ms() < until) {
        redisReply *reply =
            redisCommand(arrival->session, "XREAD BLOCK 1000 STREAMS %s %s", arrival->stream, arrival->from);
        int64_t now = cdc_wall_us();
        if (!reply)
            break;
        come = reply->type == REDIS_REPLY_ARRAY && has_come(arrival, reply);
        if (come)
            arrival->at_us = now;
        freeReplyObject(reply);
    }
    return NULL;
}

/* The id of the stream's last entry. */
static char *last_entry(struct redisContext *session, const char *stream)
{
    redisReply *reply = redisCommand(session, "XREVRANGE %s + - COUNT 1", stream);
    char *id;

    if (!reply || reply->type != REDIS_REPLY_ARRAY)
        fail("%s cannot be read", stream);
    id = text_print("%s", reply->elements ? reply->element[0]->element[0]->str : "0-0");
    freeReplyObject(reply);
    return id;
}

void arrival_await(struct arrival *arrival, struct server_redis *redis, const char *entity, const char *type,
                   const char *subject)
{
    *arrival = (struct arrival){.session = redisConnectUnix(redis->socket),
                                .stream = text_print("cdc:events:{%s}", entity),
                                .type = text_print("%s", type),
                                .subject = text_print("%s", subject)};
    if (!arrival->session || arrival->session->err)
        fail("Redis cannot be reached");
    arrival->from = last_entry(arrival->session, arrival->stream);
    if (pthread_create(&arrival->thread, NULL, arrival_read, arrival))
        fail("no thread");
}

int64_t arrival_end(struct arrival *arrival)
{
    pthread_join(arrival->thread, NULL);
    if (!arrival->at_us)
        fail("%s of %s does not come", arrival->type, arrival->subject);
    redisFree(arrival->session);
    free(arrival->stream);
    free(arrival->type);
    free(arrival->subject);
    free(arrival->from);
    return arrival->at_us;
}

void arrival_tell(int story, int64_t us)
{
    fprintf(stderr, "story %d: %" PRId64 ".%" PRId64 " ms from commit to readable\n", story, us / 1000,
            us % 1000 / 100);
}
