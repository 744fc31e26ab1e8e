/*
 * The source "mysql" (cdc/source.h): MySQL and MariaDB by their binlog. Joins client and decoder: packets are fetched when the
 * decoder has used up the last one and bytes are there. One thread uses it; interrupt() breaks the connection from another.
 *
 * There is nothing to confirm: these servers keep their logs by time, whoever reads (how much, kept.c asks). A caller that does not call next() stops the
 * server's sender by flow control; the session's net_write_timeout lets it wait for a day.
 */
#include "source_impl.h"

#include "unpack.h"

#include "cdc/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define MEMORY_BYTES  (64u << 20) /* unless it is said */
#define ROW_SHARE     8           /* of it: a row is in memory a few times over on its way to the store */
#define HOLD_BYTES    (4u << 20)
#define PREPARE_BYTES (16u << 20)
#define PATIENCE_MS   60000
#define CLOCK_MS      1000 /* the log tells seconds, in which commits overtake each other */

static void source_close(struct cdc_source *source)
{
    if (!source)
        return;
    my_decoder_free(source->decoder);
    my_catalog_server_free(source->catalog);
    my_client_free(source->stream);
    my_client_free(source->control);
    my_view_fini(&source->view);
    cdc_buf_fini(&source->identity);
    free(source);
}

static int check_config(const struct cdc_source_params *params, struct cdc_err *err)
{
    if (params->config->server_id == 0) {
        cdc_err_set(err, CDC_ERR_CONFIG, "source.server_id is not set");
        return cdc_err_hint(
            err, "give this connector a number that no server and no other reader of the binlog has: "
                 "with 0 the server ends the stream at once");
    }
    if (params->config->host && params->config->user)
        return 0;
    return cdc_err_set(err, CDC_ERR_CONFIG, "source.host and source.user must be set");
}

static int source_open(struct cdc_source **out, const struct cdc_source_params *params, struct cdc_err *err)
{
    struct cdc_source *source;
    struct my_decoder_params decoder = {
        .hold_bytes = HOLD_BYTES,
        .prepare_bytes = PREPARE_BYTES,
        .row_bytes = (size_t)(params->memory_bytes ? params->memory_bytes : MEMORY_BYTES) / ROW_SHARE};

    if (decoder.row_bytes > MY_UNPACK_MAX / 2) /* what is whole must also fit when it was compressed */
        decoder.row_bytes = MY_UNPACK_MAX / 2;
    if (check_config(params, err))
        return -1;
    source = calloc(1, sizeof *source);
    if (!source)
        return cdc_err_memory(err);
    source->params = *params;
    snprintf(source->reported_host, sizeof source->reported_host, "tributary/%s", params->connector);
    source->stream = my_client_new(params->config);
    source->control = my_client_new(params->config);
    source->catalog = source->control ? my_catalog_server_new(source->control) : NULL;
    decoder.source = &source->params;
    decoder.catalog = (struct my_catalog){.ops = &my_catalog_server_ops, .ctx = source->catalog};
    decoder.position_ms = params->config->heartbeat_ms;
    source->decoder = source->catalog ? my_decoder_new(&decoder) : NULL;
    if (!source->stream || !source->decoder) {
        source_close(source);
        return cdc_err_memory(err);
    }
    my_client_keep_whole(source->stream, decoder.row_bytes);
    *out = source;
    return 0;
}

int64_t my_source_patience_ms(const struct cdc_source *source)
{
    int64_t beats = 5 * source->params.config->heartbeat_ms;

    return beats > PATIENCE_MS ? beats : PATIENCE_MS;
}

static int set_identity(struct cdc_source *source, struct cdc_err *err)
{
    const struct my_server *server = &source->server;
    struct cdc_buf *out = &source->identity;

    cdc_buf_reset(out);
    if (server->mariadb)
        cdc_buf_printf(out, "server=%s/%u;dialect=mariadb", server->hostname, server->server_id);
    else
        cdc_buf_printf(out, "server=%s;dialect=mysql", server->uuid);
    return out->failed ? cdc_err_memory(err) : 0;
}

int my_source_connect(struct cdc_source *source, struct cdc_err *err)
{
    if (my_client_connect(source->stream, my_source_patience_ms(source), err) ||
        my_server_read(source->stream, &source->server, err))
        return -1;
    my_catalog_server_reset(source->catalog, &source->server);
    source->kept = (struct my_kept){0};
    return set_identity(source, err);
}

int my_source_connect_control(struct cdc_source *source, struct cdc_err *err)
{
    if (my_catalog_server_connect(source->catalog, err) ||
        my_server_read(source->control, &source->server, err))
        return -1;
    my_catalog_server_reset(source->catalog, &source->server);
    return my_catalog_server_connect(source->catalog, err) ? -1 : set_identity(source, err);
}

static struct cdc_slice source_identity(const struct cdc_source *source)
{
    return cdc_buf_slice(&source->identity);
}

/* The transaction that was too large to keep is known now: from before it once more, on a new connection. */
static int read_again(struct cdc_source *source, struct cdc_err *err)
{
    if (my_decoder_restart(source->decoder, err) ||
        my_client_connect(source->stream, my_source_patience_ms(source), err))
        return -1;
    return my_source_dump(source, err);
}

/* How long ago it was that all transactions which have come by now had been committed, by the server's clock. */
static int64_t behind_ms(uint32_t reached)
{
    int64_t behind = cdc_wall_us() / 1000 - ((int64_t)reached * 1000 - CLOCK_MS);

    return behind < 0 ? 0 : behind;
}

/*
 * Up to when nothing is missing, as the server has it: until now if it says so, which it does when it has been idle for a while; else
 * until the newest transaction. That it is silent says nothing: the network may be.
 */
static void note_caught_up(struct cdc_source *source)
{
    uint32_t reached = my_decoder_reached(source->decoder);
    int64_t now = cdc_now_ms();

    if (!my_decoder_take_heartbeat(source->decoder)) {
        if (reached == source->reached)
            return;
        now -= behind_ms(reached);
    }
    source->reached = reached;
    if (now > source->caught_up_ms)
        source->caught_up_ms = now;
}

static int read_rest(void *ctx, void *to, size_t n, struct cdc_err *err)
{
    return my_client_read(ctx, to, n, err);
}

static void feed_part(struct cdc_source *source, struct cdc_slice head)
{
    struct my_rest rest = {.read = read_rest, .ctx = source->stream, .left = my_client_left(source->stream)};

    my_decoder_feed_part(source->decoder, head, &rest);
}

int my_source_fetch(struct cdc_source *source, struct cdc_err *err)
{
    struct cdc_slice event;

    if (my_client_fetch(source->stream, &event, err))
        return -1;
    if (my_client_left(source->stream))
        feed_part(source, event);
    else
        my_decoder_feed(source->decoder, event);
    return 0;
}

static int take_packet(void *ctx, struct my_decoder *decoder, struct cdc_err *err)
{
    struct cdc_source *source = ctx;
    struct cdc_slice event;
    int rc = my_client_take(source->stream, &event, err);

    if (rc == 1)
        my_decoder_feed(decoder, event);
    else if (rc > 1)
        feed_part(source, event);
    return rc > 0 ? 1 : rc;
}

static int source_next(struct cdc_source *source, struct cdc_item *item, struct cdc_err *err)
{
    struct my_packets packets = {.take = take_packet, .ctx = source};

    for (;;) {
        if (my_decoder_pull(source->decoder, &packets, item, err))
            return -1;
        if (item->type != CDC_ITEM_NONE)
            return 0;
        note_caught_up(source);
        if (!my_decoder_wants_restart(source->decoder))
            return 0;
        if (read_again(source, err))
            return -1;
    }
}

static int source_wait(struct cdc_source *source, int timeout_ms, struct cdc_err *err)
{
    return my_client_wait(source->stream, timeout_ms, err) < 0 ? -1 : 0;
}

static int source_confirm(struct cdc_source *source, struct cdc_slice position, struct cdc_err *err)
{
    (void)position;
    (void)err;
    my_kept_turn(&source->kept, source->catalog,
                 cdc_now_ms()); /* the one call that comes whatever the stream does */
    return 0;
}

static int source_compare(struct cdc_slice a, struct cdc_slice b)
{
    struct my_position x = {0}, y = {0};
    struct cdc_err err;
    int order = 0;

    if (cdc_slice_eq(a, b))
        return 0;
    if (my_position_parse(&x, a, &err) == 0 && my_position_parse(&y, b, &err) == 0)
        order = my_position_compare(&x, &y);
    my_position_fini(&x);
    my_position_fini(&y);
    return order;
}

static void source_interrupt(struct cdc_source *source)
{
    my_client_interrupt(source->stream);
    my_client_interrupt(source->control);
}

static void source_stats(const struct cdc_source *source, struct cdc_source_stats *out)
{
    *out = (struct cdc_source_stats){.bytes_read = my_client_bytes(source->stream),
                                     .caught_up_ms = source->caught_up_ms,
                                     .sampled_ms = source->kept.bytes ? source->kept.asked_ms : 0,
                                     .retained_bytes = source->kept.bytes,
                                     .keep_ms = source->kept.keep_ms,
                                     .safe_bytes = -1};
}

const struct cdc_source_ops mysql_source_ops = {
    .name = "mysql",
    .open = source_open,
    .close = source_close,
    .connect = my_source_connect,
    .identity = source_identity,
    .start = my_source_start,
    .next = source_next,
    .wait = source_wait,
    .confirm = source_confirm,
    .compare = source_compare,
    .interrupt = source_interrupt,
    .stats = source_stats,
    .check = my_source_check,
    .setup = my_source_setup,
    .sample = my_source_sample,
    .find = my_source_find,
    .chunk = my_source_chunk,
    .estimate = my_source_estimate,
    .sees = my_view_sees,
    .reached = my_view_reached,
};
