/*
 * Positions in a binlog (position.h): moving and comparing them. The decoder moves one along with the stream; start() and compare()
 * read them from checkpoints. Owned by the source thread; fails when memory or MY_HELD_MAX runs out. Text: position_text.c.
 */
#include "position.h"

#include <stdlib.h>

static void clear_held(struct my_position *position)
{
    for (size_t i = 0; i < position->nheld; i++)
        my_mgtid_list_fini(&position->held[i].before);
    position->nheld = 0;
}

void my_position_fini(struct my_position *position)
{
    clear_held(position);
    free(position->held);
    my_gtid_set_fini(&position->set);
    my_mgtid_list_fini(&position->list);
    *position = (struct my_position){0};
}

static struct my_held *new_held(struct my_position *position, const struct my_txid *id)
{
    if (position->nheld == MY_HELD_MAX)
        return NULL;
    if (position->nheld == position->held_cap) {
        size_t cap = position->held_cap ? position->held_cap * 2 : 4;
        struct my_held *grown = realloc(position->held, cap * sizeof *grown);

        if (!grown)
            return NULL;
        position->held = grown;
        position->held_cap = cap;
    }
    position->held[position->nheld] = (struct my_held){.id = *id};
    return &position->held[position->nheld++];
}

int my_position_copy(struct my_position *to, const struct my_position *from)
{
    if (to == from)
        return 0;
    clear_held(to);
    to->form = from->form;
    to->place = from->place;
    to->mark = from->mark;
    if (my_gtid_set_copy(&to->set, &from->set) || my_mgtid_list_copy(&to->list, &from->list))
        return -1;
    for (size_t i = 0; i < from->nheld; i++) {
        struct my_held *held = new_held(to, &from->held[i].id);

        if (!held || my_mgtid_list_copy(&held->before, &from->held[i].before))
            return -1;
    }
    return 0;
}

static size_t number_at(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? (size_t)(dot - name) + 1 : strlen(name);
}

int my_log_name_compare(const char *a, const char *b)
{
    const char *x = a + number_at(a), *y = b + number_at(b);
    size_t nx, ny;

    x += strspn(x, "0");
    y += strspn(y, "0");
    nx = strlen(x);
    ny = strlen(y);
    return nx != ny ? (nx < ny ? -1 : 1) : strcmp(x, y);
}

int my_log_place_compare(const struct my_log_place *a, const struct my_log_place *b)
{
    int c = my_log_name_compare(a->name, b->name);

    return c ? c : (a->offset > b->offset) - (a->offset < b->offset);
}

bool my_txid_equal(const struct my_txid *a, const struct my_txid *b)
{
    if (a->form != b->form)
        return false;
    switch (a->form) {
    case MY_POSITION_NONE:
        return true;
    case MY_POSITION_FILE:
        return my_log_place_compare(&a->place, &b->place) == 0;
    case MY_POSITION_MYSQL:
        return a->gtid.number == b->gtid.number && a->gtid.tag_len == b->gtid.tag_len &&
               memcmp(a->gtid.uuid, b->gtid.uuid, MY_GTID_UUID) == 0 &&
               memcmp(a->gtid.tag, b->gtid.tag, a->gtid.tag_len) == 0;
    case MY_POSITION_MARIADB:
        return a->mgtid.domain == b->mgtid.domain && a->mgtid.server == b->mgtid.server &&
               a->mgtid.sequence == b->mgtid.sequence;
    }
    return false;
}

int my_position_advance(struct my_position *position, const struct my_txid *id,
                        const struct my_log_place *end)
{
    switch (position->form) {
    case MY_POSITION_NONE:
        return 0;
    case MY_POSITION_FILE:
        position->place = *end;
        return 0;
    case MY_POSITION_MYSQL:
        return my_gtid_set_add(&position->set, &id->gtid);
    case MY_POSITION_MARIADB:
        return my_mgtid_list_advance(&position->list, id->mgtid);
    }
    return 0;
}

static size_t find_held(const struct my_position *position, const struct my_txid *id)
{
    size_t i = 0;

    while (i < position->nheld && !my_txid_equal(&position->held[i].id, id))
        i++;
    return i;
}

bool my_position_holds(const struct my_position *position, const struct my_txid *id)
{
    return find_held(position, id) < position->nheld;
}

int my_position_hold(struct my_position *position, const struct my_txid *id)
{
    size_t at = find_held(position, id);
    struct my_held *held = at < position->nheld ? position->held + at : new_held(position, id);

    if (!held)
        return -1;
    return position->form == MY_POSITION_MARIADB ? my_mgtid_list_copy(&held->before, &position->list) : 0;
}

void my_position_release(struct my_position *position, const struct my_txid *id)
{
    size_t at = find_held(position, id);

    if (at == position->nheld)
        return;
    my_mgtid_list_fini(&position->held[at].before);
    position->nheld--;
    memmove(position->held + at, position->held + at + 1, (position->nheld - at) * sizeof *position->held);
}

bool my_position_covers(const struct my_position *position, const struct my_txid *id)
{
    switch (position->form) {
    case MY_POSITION_FILE:
        return my_log_place_compare(&id->place, &position->place) < 0;
    case MY_POSITION_MARIADB:
        return my_mgtid_list_covers(&position->list, id->mgtid);
    case MY_POSITION_MYSQL:
        return my_gtid_set_has(&position->set, &id->gtid);
    case MY_POSITION_NONE:
        break;
    }
    return false;
}

static int compare_sets(const struct my_gtid_set *a, const struct my_gtid_set *b)
{
    bool a_in_b = my_gtid_set_contains(b, a), b_in_a = my_gtid_set_contains(a, b);

    return (int)b_in_a - (int)a_in_b;
}

static int compare_lists(const struct my_mgtid_list *a, const struct my_mgtid_list *b)
{
    bool a_in_b = my_mgtid_list_contains(b, a), b_in_a = my_mgtid_list_contains(a, b);

    return (int)b_in_a - (int)a_in_b;
}

int my_position_compare(const struct my_position *a, const struct my_position *b)
{
    if (a->form != b->form)
        return (a->form != MY_POSITION_NONE) - (b->form != MY_POSITION_NONE);
    switch (a->form) {
    case MY_POSITION_NONE:
        return 0;
    case MY_POSITION_FILE:
        return my_log_place_compare(&a->place, &b->place);
    case MY_POSITION_MYSQL:
        return compare_sets(&a->set, &b->set);
    case MY_POSITION_MARIADB:
        return compare_lists(&a->list, &b->list);
    }
    return 0;
}
