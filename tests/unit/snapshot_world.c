/* Makes the transactions of a world one after the other, each only from rows that are free when it is committed (snapshot_world.h). */
#include "unit/snapshot_world.h"

#include <stdlib.h>
#include <string.h>

/* What only the making knows. */
struct making {
    struct world *w;
    unsigned seed;
    struct world_row (*rows)[WORLD_KEYS]; /* as they are now; an id below 0: none */
    bool (*codes)[WORLD_KEYS];            /* that are in use */
    unsigned (*ids_by)[WORLD_KEYS];       /* the last transaction that touched it … */
    unsigned (*codes_by)[WORLD_KEYS];
    unsigned *tables_by; /* … that emptied the table … */
    unsigned *visible;   /* … and when all that touched a row of the table are visible */
    unsigned tx;
};

unsigned world_random(unsigned *seed)
{
    uint64_t z = (uint64_t)(*seed += 0x9e3779b9u) * 0xbf58476d1ce4e5b9u;

    z ^= z >> 31;
    return (unsigned)(z * 0x94d049bb133111ebu >> 33);
}

bool world_chance(unsigned *seed, unsigned one_in)
{
    unsigned r = world_random(seed);

    return one_in && r % one_in == 0;
}

static void *more(void *items, unsigned n, unsigned *cap, size_t size)
{
    if (n < *cap)
        return items;
    *cap = *cap ? *cap * 2 : 1024;
    items = realloc(items, *cap * size);
    if (!items)
        abort();
    return items;
}

static void add_version(struct world *w, unsigned table, unsigned tx, bool gone, const struct world_row *row)
{
    struct world_table *t = &w->tables[table];
    int id = row->v[WORLD_ID], at = (int)w->nversions;

    w->versions = more(w->versions, w->nversions, &w->versions_cap, sizeof *w->versions);
    w->versions[w->nversions++] = (struct world_version){tx, gone, *row, -1};
    if (t->last[id] >= 0)
        w->versions[t->last[id]].next = at;
    else
        t->first[id] = at;
    t->last[id] = at;
}

static bool quiet(const struct making *m, unsigned id)
{
    return id < m->w->params.rows && id % WORLD_QUIET == 0;
}

/* Whether what this transaction holds may be touched. */
static bool is_free(const struct making *m, unsigned by)
{
    return by == m->tx || m->w->txs[by].visible < m->tx;
}

static bool may_touch(const struct making *m, unsigned table, unsigned id)
{
    return !quiet(m, id) && is_free(m, m->ids_by[table][id]);
}

/* The transaction at hand holds the row, and its key, until it is visible. */
static void touch(struct making *m, unsigned table, const struct world_row *row)
{
    unsigned until = m->w->txs[m->tx].visible;

    m->ids_by[table][row->v[WORLD_ID]] = m->tx;
    m->codes_by[table][row->v[WORLD_CODE]] = m->tx;
    if (m->visible[table] < until)
        m->visible[table] = until;
}

static bool code_is_free(const struct making *m, unsigned table, unsigned code)
{
    return !m->codes[table][code] && is_free(m, m->codes_by[table][code]);
}

static int free_code(struct making *m, unsigned table)
{
    for (int tries = 0; tries < 20; tries++) {
        unsigned code = world_random(&m->seed) % (m->w->params.rows * 2);
        if (code_is_free(m, table, code))
            return (int)code;
    }
    return -1;
}

static int free_id(struct making *m, unsigned table)
{
    for (int tries = 0; tries < 20; tries++) {
        unsigned id = world_random(&m->seed) % (m->w->params.rows * 2);
        if (m->rows[table][id].v[WORLD_ID] < 0 && may_touch(m, table, id))
            return (int)id;
    }
    return -1;
}

static int some_id(struct making *m, unsigned table)
{
    for (int tries = 0; tries < 20; tries++) {
        unsigned id = world_random(&m->seed) % (m->w->params.rows * 2);
        if (m->rows[table][id].v[WORLD_ID] >= 0 && may_touch(m, table, id))
            return (int)id;
    }
    return -1;
}

static void put_row(struct making *m, unsigned table, const struct world_row *row)
{
    m->rows[table][row->v[WORLD_ID]] = *row;
    m->codes[table][row->v[WORLD_CODE]] = true;
    touch(m, table, row);
    add_version(m->w, table, m->tx, false, row);
}

static void drop_row(struct making *m, unsigned table, struct world_row row)
{
    m->rows[table][row.v[WORLD_ID]].v[WORLD_ID] = -1;
    m->codes[table][row.v[WORLD_CODE]] = false;
    touch(m, table, &row);
    add_version(m->w, table, m->tx, true, &row);
}

static struct world_change *add_change(struct making *m, enum world_op op, unsigned table)
{
    struct world *w = m->w;
    struct world_change *c;

    w->changes = more(w->changes, w->nchanges, &w->changes_cap, sizeof *w->changes);
    c = &w->changes[w->nchanges++];
    *c = (struct world_change){.op = op, .table = table, .sent = ~0u};
    w->txs[m->tx].n++;
    return c;
}

/* ---- changes ---- */

static int some_value(struct making *m)
{
    return (int)(world_random(&m->seed) % 1000);
}

static struct world_row new_row(struct making *m, int id, int code)
{
    struct world_row row = {
        {id, code, (int)(world_random(&m->seed) % 5), some_value(m), some_value(m), some_value(m)}};

    if (world_chance(&m->seed, 6))
        row.v[WORLD_C] = WORLD_NULL;
    return row;
}

static void insert(struct making *m, unsigned table)
{
    int id = free_id(m, table), code = m->w->tables[table].own_key ? id : free_code(m, table);
    struct world_row row;

    if (id < 0 || code < 0 || !code_is_free(m, table, (unsigned)code))
        return;
    row = new_row(m, id, code);
    add_change(m, WORLD_INSERT, table)->after = row;
    put_row(m, table, &row);
}

static void delete (struct making *m, unsigned table)
{
    int id = some_id(m, table);
    struct world_change *c;

    if (id < 0)
        return;
    c = add_change(m, WORLD_DELETE, table);
    c->has_before = true;
    c->before_full = m->w->tables[table].image == WORLD_FULL;
    c->before = m->rows[table][id];
    drop_row(m, table, c->before);
}

static unsigned changed_columns(const struct world_row *a, const struct world_row *b)
{
    unsigned bits = 0;

    for (unsigned i = 0; i < WORLD_COLUMNS; i++)
        bits |= a->v[i] != b->v[i] ? 1u << i : 0;
    return bits;
}

/* What the stream sends of an update. A new key, and a row that is mapped from now on, come whole: else the rest is unknown for ever. */
static void set_images(struct making *m, struct world_change *c)
{
    const struct world_table *t = &m->w->tables[c->table];
    unsigned changed = changed_columns(&c->before, &c->after);
    unsigned keys = 1u << WORLD_ID | 1u << WORLD_CODE, always = 1u << WORLD_KIND | keys;
    bool whole =
        changed >> WORLD_CODE & 1 || changed >> WORLD_KIND & 1 || (changed >> WORLD_ID & 1 && !t->moves);

    c->before_full = t->image == WORLD_FULL;
    c->has_before = c->before_full || t->image == WORLD_MINIMAL || changed & keys;
    if (whole || t->image == WORLD_FULL)
        return;
    if (t->image == WORLD_MINIMAL)
        c->sent = changed | 1u << WORLD_KIND;
    else if (!(changed >> WORLD_B & 1))
        c->sent = always | 1u << WORLD_A | 1u << WORLD_C;
}

static void change_values(struct making *m, struct world_row *row)
{
    for (unsigned i = WORLD_A; i < WORLD_COLUMNS; i++)
        if (world_chance(&m->seed, 2))
            row->v[i] = i == WORLD_C && world_chance(&m->seed, 6) ? WORLD_NULL : some_value(m);
    if (world_chance(&m->seed, 10))
        row->v[WORLD_KIND] = (int)(world_random(&m->seed) % 5);
}

static void change_keys(struct making *m, unsigned table, struct world_row *row)
{
    unsigned one_in = m->w->params.key_one_in ? m->w->params.key_one_in : 10;
    int id = world_chance(&m->seed, one_in) ? free_id(m, table) : -1;
    int code = world_chance(&m->seed, one_in) ? free_code(m, table) : -1;

    if (m->w->tables[table].own_key)
        code = id;
    if (m->w->tables[table].own_key && (id < 0 || !code_is_free(m, table, (unsigned)id)))
        return;
    if (id >= 0)
        row->v[WORLD_ID] = id;
    if (code >= 0)
        row->v[WORLD_CODE] = code;
}

static void update(struct making *m, unsigned table)
{
    int id = some_id(m, table);
    struct world_row row;
    struct world_change *c;

    if (id < 0)
        return;
    row = m->rows[table][id];
    change_values(m, &row);
    change_keys(m, table, &row);
    c = add_change(m, WORLD_UPDATE, table);
    c->before = m->rows[table][id];
    c->after = row;
    set_images(m, c);
    if (row.v[WORLD_ID] != id)
        drop_row(m, table, c->before);
    else
        m->codes[table][c->before.v[WORLD_CODE]] = false;
    touch(m, table, &c->before);
    put_row(m, table, &row);
}

static void truncate(struct making *m, unsigned table)
{
    if (m->visible[table] >= m->tx)
        return;
    add_change(m, WORLD_TRUNCATE, table);
    for (unsigned id = 0; id < m->w->params.rows * 2; id++)
        if (m->rows[table][id].v[WORLD_ID] >= 0)
            drop_row(m, table, m->rows[table][id]);
    m->tables_by[table] = m->tx;
}

static void change_something(struct making *m)
{
    unsigned table = world_random(&m->seed) % m->w->params.tables, what = world_random(&m->seed) % 100;

    if (!is_free(m, m->tables_by[table]))
        return;
    if (m->w->tables[table].truncates && world_chance(&m->seed, 300))
        truncate(m, table);
    else if (what < 20)
        insert(m, table);
    else if (what < 35)
        delete (m, table);
    else
        update(m, table);
}

/* ---- all of it ---- */

static void make_tx(struct making *m, unsigned i)
{
    const struct world_params *p = &m->w->params;
    unsigned delay = world_chance(&m->seed, 2) ? world_random(&m->seed) % (p->most_delay + 1) : 0;
    unsigned n = world_random(&m->seed) % p->most_changes + 1;

    m->tx = i;
    m->w->txs[i] = (struct world_tx){.first = m->w->nchanges, .visible = i + delay};
    m->w->ntxs = i + 1;
    if (world_chance(&m->seed, p->large_one_in))
        n *= 50;
    for (unsigned k = 0; k < n; k++)
        change_something(m);
}

static void make_table(struct making *m, unsigned table)
{
    const struct world_params *p = &m->w->params;
    struct world_table *t = &m->w->tables[table];

    t->image = (enum world_image)(table % 3);
    t->own_key = table % 4 == 1;
    t->moves = p->moves;
    t->truncates = p->truncates && table % 2 == 0;
    for (unsigned i = 0; i < WORLD_KEYS; i++) {
        t->first[i] = t->last[i] = -1;
        m->rows[table][i].v[WORLD_ID] = -1;
    }
    m->tx = 0;
    for (unsigned i = 0; i < p->rows; i++) {
        struct world_row row = new_row(m, (int)i, (int)i);
        put_row(m, table, &row);
    }
}

static void *zeroed(size_t n, size_t size)
{
    void *p = calloc(n, size);

    if (!p)
        abort();
    return p;
}

void world_make(struct world *w, const struct world_params *params)
{
    unsigned n = params->tables;
    struct making m = {.w = w, .seed = params->seed * 7919u};

    *w = (struct world){.params = *params};
    w->tables = zeroed(n, sizeof *w->tables);
    w->txs = zeroed(params->transactions + 1, sizeof *w->txs);
    w->ntxs = 1;
    m.rows = zeroed(n, sizeof *m.rows);
    m.codes = zeroed(n, sizeof *m.codes);
    m.ids_by = zeroed(n, sizeof *m.ids_by);
    m.codes_by = zeroed(n, sizeof *m.codes_by);
    m.tables_by = zeroed(n, sizeof *m.tables_by);
    m.visible = zeroed(n, sizeof *m.visible);
    for (unsigned i = 0; i < n; i++)
        make_table(&m, i);
    for (unsigned i = 1; i <= params->transactions; i++)
        make_tx(&m, i);
    free(m.rows);
    free(m.codes);
    free(m.ids_by);
    free(m.codes_by);
    free(m.tables_by);
    free(m.visible);
}

void world_free(struct world *w)
{
    free(w->tables);
    free(w->txs);
    free(w->changes);
    free(w->versions);
    *w = (struct world){0};
}

const struct world_row *world_row(const struct world *w, unsigned table, unsigned id, unsigned clock)
{
    const struct world_row *found = NULL;

    for (int i = w->tables[table].first[id]; i >= 0; i = w->versions[i].next) {
        const struct world_version *v = &w->versions[i];
        if (w->txs[v->tx].visible > clock)
            break;
        found = v->gone ? NULL : &v->row;
    }
    return found;
}

unsigned world_end(const struct world *w)
{
    return w->params.transactions + w->params.most_delay + 1;
}
