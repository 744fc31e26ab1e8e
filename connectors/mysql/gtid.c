/*
 * Arithmetic of MySQL's GTID sets (gtid.h). Used by positions; owned by the source thread. Fails only when memory runs out;
 * reading and writing them as text or bytes is in gtid_text.c.
 */
#include "gtid.h"

#include <stdlib.h>

void my_gtid_set_clear(struct my_gtid_set *set)
{
    for (size_t i = 0; i < set->norigins; i++)
        free(set->origins[i].runs);
    set->norigins = set->last = 0;
}

void my_gtid_set_fini(struct my_gtid_set *set)
{
    my_gtid_set_clear(set);
    free(set->origins);
    *set = (struct my_gtid_set){0};
}

static int compare_origin(const struct my_gtid *a, const struct my_gtid *b)
{
    int c = memcmp(a->uuid, b->uuid, MY_GTID_UUID);
    size_t n = a->tag_len < b->tag_len ? a->tag_len : b->tag_len;

    if (c == 0)
        c = memcmp(a->tag, b->tag, n);
    return c ? c : (int)a->tag_len - (int)b->tag_len;
}

/* Index of the origin, or where it belongs with *found false. */
static size_t find_origin(const struct my_gtid_set *set, const struct my_gtid *id, bool *found)
{
    size_t low = 0, high = set->norigins;

    *found = set->last < set->norigins && compare_origin(&set->origins[set->last].id, id) == 0;
    if (*found)
        return set->last;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = compare_origin(&set->origins[mid].id, id);

        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct my_gtid_origin *insert_origin(struct my_gtid_set *set, size_t at, const struct my_gtid *id)
{
    if (set->norigins == set->cap) {
        size_t cap = set->cap ? set->cap * 2 : 4;
        struct my_gtid_origin *grown = realloc(set->origins, cap * sizeof *grown);

        if (!grown)
            return NULL;
        set->origins = grown;
        set->cap = cap;
    }
    memmove(set->origins + at + 1, set->origins + at, (set->norigins - at) * sizeof *set->origins);
    set->origins[at] = (struct my_gtid_origin){.id = *id};
    set->norigins++;
    return set->origins + at;
}

static void remove_origin(struct my_gtid_set *set, size_t at)
{
    free(set->origins[at].runs);
    set->norigins--;
    memmove(set->origins + at, set->origins + at + 1, (set->norigins - at) * sizeof *set->origins);
    set->last = 0;
}

/* The first run whose end is not below `number`: the one that holds it, ends at it, or comes after it. */
static size_t find_run(const struct my_gtid_origin *origin, uint64_t number)
{
    size_t low = 0, high = origin->nruns;

    if (high && origin->runs[high - 1].start <= number && origin->runs[high - 1].end >= number)
        return high - 1;
    while (low < high) {
        size_t mid = (low + high) / 2;

        if (origin->runs[mid].end < number)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static int insert_run(struct my_gtid_origin *origin, size_t at, struct my_gtid_run run)
{
    if (origin->nruns == origin->cap) {
        size_t cap = origin->cap ? origin->cap * 2 : 2;
        struct my_gtid_run *grown = realloc(origin->runs, cap * sizeof *grown);

        if (!grown)
            return -1;
        origin->runs = grown;
        origin->cap = cap;
    }
    memmove(origin->runs + at + 1, origin->runs + at, (origin->nruns - at) * sizeof *origin->runs);
    origin->runs[at] = run;
    origin->nruns++;
    return 0;
}

static void remove_runs(struct my_gtid_origin *origin, size_t at, size_t n)
{
    memmove(origin->runs + at, origin->runs + at + n, (origin->nruns - at - n) * sizeof *origin->runs);
    origin->nruns -= n;
}

static int add_run(struct my_gtid_origin *origin, struct my_gtid_run run)
{
    size_t at = find_run(origin, run.start), next = at + 1;
    struct my_gtid_run *first;

    if (at == origin->nruns || origin->runs[at].start > run.end)
        return insert_run(origin, at, run);
    first = origin->runs + at;
    if (run.start < first->start)
        first->start = run.start;
    if (run.end > first->end)
        first->end = run.end;
    while (next < origin->nruns && origin->runs[next].start <= first->end) {
        if (origin->runs[next].end > first->end)
            first->end = origin->runs[next].end;
        next++;
    }
    remove_runs(origin, at + 1, next - at - 1);
    return 0;
}

static int subtract_run(struct my_gtid_origin *origin, struct my_gtid_run run)
{
    size_t at = find_run(origin, run.start), whole;

    if (at < origin->nruns && origin->runs[at].start < run.start) {
        struct my_gtid_run tail = {run.end, origin->runs[at].end};

        if (origin->runs[at].end > run.start)
            origin->runs[at].end = run.start;
        at++;
        if (tail.end > tail.start)
            return insert_run(origin, at, tail);
    }
    for (whole = at; whole < origin->nruns && origin->runs[whole].end <= run.end; whole++)
        ;
    remove_runs(origin, at, whole - at);
    if (at < origin->nruns && origin->runs[at].start < run.end)
        origin->runs[at].start = run.end;
    return 0;
}

int my_gtid_set_add_run(struct my_gtid_set *set, const struct my_gtid *id, struct my_gtid_run run)
{
    bool found;
    size_t at = find_origin(set, id, &found);
    struct my_gtid_origin *origin = found ? set->origins + at : insert_origin(set, at, id);

    if (!origin)
        return -1;
    set->last = at;
    if (add_run(origin, run) == 0)
        return 0;
    if (origin->nruns == 0)
        remove_origin(set, at);
    return -1;
}

int my_gtid_set_add(struct my_gtid_set *set, const struct my_gtid *gtid)
{
    return my_gtid_set_add_run(set, gtid, (struct my_gtid_run){gtid->number, gtid->number + 1});
}

int my_gtid_set_union(struct my_gtid_set *to, const struct my_gtid_set *from)
{
    for (size_t i = 0; i < from->norigins; i++)
        for (size_t j = 0; j < from->origins[i].nruns; j++)
            if (my_gtid_set_add_run(to, &from->origins[i].id, from->origins[i].runs[j]))
                return -1;
    return 0;
}

int my_gtid_set_copy(struct my_gtid_set *to, const struct my_gtid_set *from)
{
    if (to == from)
        return 0;
    my_gtid_set_clear(to);
    return my_gtid_set_union(to, from);
}

int my_gtid_set_subtract(struct my_gtid_set *from, const struct my_gtid_set *what)
{
    if (from == what) {
        my_gtid_set_clear(from);
        return 0;
    }
    for (size_t i = 0; i < what->norigins; i++) {
        bool found;
        size_t at = find_origin(from, &what->origins[i].id, &found);

        for (size_t j = 0; found && j < what->origins[i].nruns; j++)
            if (subtract_run(from->origins + at, what->origins[i].runs[j]))
                return -1;
        if (found && from->origins[at].nruns == 0)
            remove_origin(from, at);
    }
    return 0;
}

static bool has_run(const struct my_gtid_set *set, const struct my_gtid *id, struct my_gtid_run run)
{
    bool found;
    size_t at = find_origin(set, id, &found), i;

    if (!found)
        return false;
    i = find_run(set->origins + at, run.end);
    return i < set->origins[at].nruns && set->origins[at].runs[i].start <= run.start;
}

bool my_gtid_set_has(const struct my_gtid_set *set, const struct my_gtid *gtid)
{
    return has_run(set, gtid, (struct my_gtid_run){gtid->number, gtid->number + 1});
}

bool my_gtid_set_contains(const struct my_gtid_set *set, const struct my_gtid_set *part)
{
    for (size_t i = 0; i < part->norigins; i++)
        for (size_t j = 0; j < part->origins[i].nruns; j++)
            if (!has_run(set, &part->origins[i].id, part->origins[i].runs[j]))
                return false;
    return true;
}

bool my_gtid_set_equal(const struct my_gtid_set *a, const struct my_gtid_set *b)
{
    return my_gtid_set_contains(a, b) && my_gtid_set_contains(b, a);
}

uint64_t my_gtid_set_count(const struct my_gtid_set *set)
{
    uint64_t n = 0;

    for (size_t i = 0; i < set->norigins; i++)
        for (size_t j = 0; j < set->origins[i].nruns; j++) {
            uint64_t more = set->origins[i].runs[j].end - set->origins[i].runs[j].start;

            n = n > UINT64_MAX - more ? UINT64_MAX : n + more;
        }
    return n;
}
