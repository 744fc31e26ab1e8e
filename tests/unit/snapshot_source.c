/* The source of a trial: streams the world's transactions and reads its tables in chunks (snapshot_trial.h). */
#include "unit/snapshot_trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TEXT 16

struct relation {
    struct cdc_relation relation;
    struct cdc_column columns[WORLD_COLUMNS];
    char name[8];
    bool sent;
};

/* One that streams, or one that reads chunks. */
struct cdc_source {
    struct trial *trial;
    unsigned seed;
    unsigned tx, change; /* the next item: of this transaction, 0: its beginning */
    struct relation relations[WORLD_TABLES];
    char after_text[WORLD_COLUMNS][TEXT], before_text[WORLD_COLUMNS][TEXT];
    struct cdc_value after[WORLD_COLUMNS], before[WORLD_COLUMNS];
    char id[TEXT], xid[TEXT * 2], position[TEXT];
    _Atomic bool interrupted;
};

/* A position, or two numbers. */
static void numbers(struct cdc_slice text, char separator, unsigned *a, unsigned *b)
{
    char copy[64], *end;

    snprintf(copy, sizeof copy, "%.*s", CDC_ARG(text));
    *a = (unsigned)strtoul(copy, &end, 10);
    *b = *end == separator ? (unsigned)strtoul(end + 1, NULL, 10) : 0;
}

static const char *const columns[] = {"id", "code", "kind", "a", "b", "c"};

static int source_open(struct cdc_source **source, const struct cdc_source_params *params,
                       struct cdc_err *err)
{
    struct cdc_source *s = calloc(1, sizeof *s);

    *source = s;
    if (!s)
        return cdc_err_memory(err);
    s->trial =
        (struct trial *)(void *)((char *)(uintptr_t)params->config - offsetof(struct trial, config.source));
    s->seed = s->trial->params.world.seed + 17;
    for (unsigned i = 0; i < WORLD_TABLES; i++) {
        struct relation *r = &s->relations[i];
        snprintf(r->name, sizeof r->name, "t%u", i);
        for (unsigned c = 0; c < WORLD_COLUMNS; c++)
            r->columns[c] = (struct cdc_column){
                .name = cdc_slice_str(columns[c]), .kind = CDC_KIND_TEXT, .key = c <= WORLD_CODE};
        r->relation = (struct cdc_relation){.id = i + 1,
                                            .schema = cdc_slice_str("public"),
                                            .name = cdc_slice_str(r->name),
                                            .ncolumns = WORLD_COLUMNS,
                                            .columns = r->columns};
    }
    return 0;
}

static void source_close(struct cdc_source *s)
{
    free(s);
}

static bool fails(struct cdc_source *s)
{
    return trial_mishap(s->trial, &s->seed, s->trial->params.fail_one_in);
}

static int source_connect(struct cdc_source *s, struct cdc_err *err)
{
    return fails(s) ? trial_broken(err) : 0;
}

static struct cdc_slice source_identity(const struct cdc_source *s)
{
    (void)s;
    return cdc_slice_str("system=1");
}

/* The clock stands at what is committed. */
static unsigned committed(const struct trial *t)
{
    return t->world.clock < t->world.params.transactions ? t->world.clock : t->world.params.transactions;
}

static int source_start(struct cdc_source *s, const struct cdc_checkpoint *from, struct cdc_buf *started,
                        struct cdc_err *err)
{
    unsigned first, none;

    (void)err;
    numbers(cdc_buf_slice(&from->position), ' ', &first, &none);
    if (!from->position.len)
        first = s->trial->params.clock;
    s->tx = first + 1;
    s->change = 0;
    for (unsigned i = 0; i < WORLD_TABLES; i++)
        s->relations[i].sent = false;
    cdc_buf_printf(started, "%u", first);
    return 0;
}

static void put_values(const struct world_row *row, unsigned sent, char text[][TEXT],
                       struct cdc_value *values)
{
    for (unsigned i = 0; i < WORLD_COLUMNS; i++) {
        int len = snprintf(text[i], TEXT, "%d", row->v[i]);
        values[i] = (struct cdc_value){text[i], (uint32_t)len, CDC_VALUE_PRESENT};
        if (row->v[i] == WORLD_NULL)
            values[i] = (struct cdc_value){.state = CDC_VALUE_NULL};
        if (!(sent >> i & 1))
            values[i] = (struct cdc_value){.state = CDC_VALUE_UNAVAILABLE};
    }
}

static void make_row(struct cdc_source *s, const struct world_change *c, struct cdc_item *item)
{
    static const enum cdc_op ops[] = {CDC_OP_INSERT, CDC_OP_UPDATE, CDC_OP_DELETE};
    unsigned keys = 1u << WORLD_ID | 1u << WORLD_CODE;

    item->type = CDC_ITEM_ROW;
    item->row = (struct cdc_row){.op = ops[c->op], .relation = &s->relations[c->table].relation};
    if (c->op != WORLD_DELETE) {
        put_values(&c->after, c->sent, s->after_text, s->after);
        item->row.after = s->after;
    }
    if (c->has_before) {
        put_values(&c->before, c->before_full ? ~0u : keys, s->before_text, s->before);
        item->row.before = s->before;
        item->row.before_is = c->before_full ? CDC_IDENTITY_FULL : CDC_IDENTITY_KEY;
    }
}

static void make_item(struct cdc_source *s, struct cdc_item *item)
{
    const struct world *w = &s->trial->world;
    const struct world_tx *tx = &w->txs[s->tx];
    const struct world_change *c = &w->changes[tx->first + s->change - 1];

    if (s->change == 0) {
        snprintf(s->id, sizeof s->id, "T%u", s->tx);
        snprintf(s->xid, sizeof s->xid, "%u@%u", s->tx, tx->visible);
        item->type = CDC_ITEM_BEGIN;
        s->change++;
    } else if (s->change > tx->n) {
        snprintf(s->position, sizeof s->position, "%u", s->tx++);
        item->type = CDC_ITEM_COMMIT;
        item->position = cdc_slice_str(s->position);
        s->change = 0;
    } else if (!s->relations[c->table].sent) {
        item->type = CDC_ITEM_RELATION;
        item->relation = &s->relations[c->table].relation;
        s->relations[c->table].sent = true;
    } else if (c->op == WORLD_TRUNCATE) {
        item->type = CDC_ITEM_TRUNCATE;
        item->relation = &s->relations[c->table].relation;
        s->change++;
    } else {
        make_row(s, c, item);
        s->change++;
    }
    item->tx = (struct cdc_tx){cdc_slice_str(s->id), cdc_slice_str(s->xid), 1};
}

static int source_next(struct cdc_source *s, struct cdc_item *item, struct cdc_err *err)
{
    struct trial *t = s->trial;
    bool ready;

    *item = (struct cdc_item){.type = CDC_ITEM_NONE};
    if (fails(s))
        return trial_broken(err);
    pthread_mutex_lock(&t->lock);
    ready = s->tx <= committed(t);
    if (ready && s->change)
        t->streamed = s->tx;
    pthread_mutex_unlock(&t->lock);
    if (ready && !(s->change == 0 && world_chance(&s->seed, 8)))
        make_item(s, item);
    return 0;
}

static void tick(struct trial *t, unsigned n)
{
    pthread_mutex_lock(&t->lock);
    t->world.clock += n;
    pthread_mutex_unlock(&t->lock);
}

static int source_wait(struct cdc_source *s, int timeout_ms, struct cdc_err *err)
{
    struct timespec nap = {.tv_nsec = 300000};

    (void)timeout_ms;
    tick(s->trial, s->trial->hurry ? 20 : world_random(&s->seed) % 2);
    if (!s->interrupted)
        nanosleep(&nap, NULL);
    s->interrupted = false;
    return fails(s) ? trial_broken(err) : 0;
}

static int source_confirm(struct cdc_source *s, struct cdc_slice position, struct cdc_err *err)
{
    (void)position;
    return fails(s) ? trial_broken(err) : 0;
}

static void source_interrupt(struct cdc_source *s)
{
    s->interrupted = true;
}

static void source_stats(const struct cdc_source *s, struct cdc_source_stats *out)
{
    (void)s;
    *out = (struct cdc_source_stats){0};
}

/* ---- chunks ---- */

static int give_row(struct cdc_source *s, struct relation *r, const struct world_row *row,
                    cdc_chunk_each *each, void *ctx, struct cdc_err *err)
{
    struct cdc_row out = {.op = CDC_OP_INSERT, .relation = &r->relation, .after = s->after};
    char place[TEXT];

    put_values(row, ~0u, s->after_text, s->after);
    snprintf(place, sizeof place, "%d", row->v[WORLD_ID]);
    return each(ctx, &out, cdc_slice_str(place), err);
}

/* With the lock, so that it is one moment; the clock goes on while a real server answers, so `high` is a little later. */
static int read_rows(struct cdc_source *s, const struct cdc_chunk_request *request, unsigned table,
                     unsigned clock, cdc_chunk_each *each, void *ctx, struct cdc_chunk *chunk,
                     struct cdc_err *err)
{
    struct relation *r = &s->relations[table];
    struct cdc_row binding = {.op = CDC_OP_INSERT, .relation = &r->relation};
    unsigned id, none;
    bool bound = false;
    int rc = 0;

    numbers(request->after, ' ', &id, &none);
    id += request->after.len && !request->exact;
    for (; id < WORLD_KEYS && chunk->rows < request->rows && rc == 0; id++) {
        const struct world_row *row = world_row(&s->trial->world, table, id, clock);
        if (row && !bound)
            rc = each(ctx, &binding, cdc_slice_str(""), err);
        bound = bound || row;
        if (row && rc == 0)
            rc = give_row(s, r, row, each, ctx, err);
        chunk->rows += row != NULL;
        if (request->exact)
            break;
    }
    chunk->end = id >= WORLD_KEYS;
    return rc;
}

/* That every transaction up to `since` is visible. */
static bool covers(const struct trial *t, unsigned clock, unsigned since)
{
    for (unsigned i = 1; i <= since; i++)
        if (t->world.txs[i].visible > clock)
            return false;
    return true;
}

static int source_chunk(struct cdc_source *s, const struct cdc_chunk_request *request, cdc_chunk_each *each,
                        void *ctx, enum cdc_chunk_outcome *outcome, struct cdc_chunk *chunk,
                        struct cdc_err *err)
{
    struct trial *t = s->trial;
    unsigned table = trial_table(cdc_slice_str(request->table->name)), clock, high;
    unsigned since, none;

    if (t->refused[table]) {
        cdc_err_set(err, CDC_ERR_CONFIG, "table %s has no order", request->table->name);
        return cdc_err_hint(err, "give it a key");
    }
    if (fails(s))
        return trial_broken(err);
    numbers(request->since, ' ', &since, &none);
    pthread_mutex_lock(&t->lock);
    clock = t->world.clock;
    t->world.clock += world_random(&s->seed) % (t->params.pace ? t->params.pace + 1 : 4);
    high = committed(t);
    pthread_mutex_unlock(&t->lock);
    *outcome = covers(t, clock, since) && !world_chance(&s->seed, 30) ? CDC_CHUNK_READ : CDC_CHUNK_EARLY;
    if (*outcome == CDC_CHUNK_EARLY)
        return 0;
    if (read_rows(s, request, table, clock, each, ctx, chunk, err))
        return -1;
    pthread_mutex_lock(&t->lock);
    t->rows_read[table] += (unsigned)chunk->rows;
    pthread_mutex_unlock(&t->lock);
    cdc_buf_printf(&chunk->visibility, "%u %u", clock, high);
    cdc_buf_printf(&chunk->high, "%u", high);
    return fails(s) ? trial_broken(err) : 0;
}

static int source_estimate(struct cdc_source *s, const struct cdc_table_ref *table, uint64_t *rows,
                           struct cdc_err *err)
{
    (void)table, (void)err;
    *rows = s->trial->params.estimate ? s->trial->params.estimate : s->trial->params.world.rows;
    return 0;
}

/* In doubt now and then. */
static bool source_sees(struct cdc_slice visibility, const struct cdc_tx *tx)
{
    unsigned clock, high, xid, visible;

    numbers(visibility, ' ', &clock, &high);
    numbers(tx->xid, '@', &xid, &visible);
    return visible <= clock && (xid * 7 + clock) % 13 != 0;
}

/* What people take for enough: it was committed before the chunk's end, so the chunk has it. */
static bool wrong_sees(struct cdc_slice visibility, const struct cdc_tx *tx)
{
    unsigned clock, high, xid, visible;

    numbers(visibility, ' ', &clock, &high);
    numbers(tx->xid, '@', &xid, &visible);
    return xid <= high;
}

static bool source_reached(struct cdc_slice position, struct cdc_slice high)
{
    unsigned at, end, none;

    numbers(position, ' ', &at, &none);
    numbers(high, ' ', &end, &none);
    return at >= end;
}

#define SOURCE_OPS(sees_)                                                                                    \
    {                                                                                                        \
        .name = "world", .open = source_open, .close = source_close, .connect = source_connect,              \
        .identity = source_identity, .start = source_start, .next = source_next, .wait = source_wait,        \
        .confirm = source_confirm, .interrupt = source_interrupt, .stats = source_stats,                     \
        .chunk = source_chunk, .estimate = source_estimate, .sees = (sees_), .reached = source_reached,      \
    }

const struct cdc_source_ops trial_source_ops = SOURCE_OPS(source_sees);
const struct cdc_source_ops trial_wrong_source_ops = SOURCE_OPS(wrong_sees);
