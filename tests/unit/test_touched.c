/* Lately touched keys: what is remembered, what a read makes superfluous, and what happens when there is too much. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "snapshot/touched.h"

static struct touched touched;

static void fini(void)
{
    touched_fini(&touched);
}

/* A transaction with these keys, whose fields 0 and its number are sent. */
static void tx(unsigned number, const uint64_t *hashes, size_t n, uint64_t fields)
{
    char id[16], xid[16];
    struct cdc_tx it;

    snprintf(id, sizeof id, "0/%X", number);
    snprintf(xid, sizeof xid, "%u", number);
    it = (struct cdc_tx){cdc_slice_str(id), cdc_slice_str(xid), number};
    touched_begin(&touched);
    for (size_t i = 0; i < n; i++)
        touched_add(&touched, &it, hashes[i], fields);
}

static void tx_one(unsigned number, uint64_t hash, uint64_t fields)
{
    tx(number, &hash, 1, fields);
}

/* Sees what has a smaller number. */
static bool sees_smaller(struct cdc_slice visibility, const struct cdc_tx *it)
{
    char a[16], b[16], id[16];

    snprintf(a, sizeof a, "%.*s", CDC_ARG(visibility));
    snprintf(b, sizeof b, "%.*s", CDC_ARG(it->xid));
    snprintf(id, sizeof id, "0/%X", (unsigned)atoi(b));
    cr_assert(cdc_slice_is(it->id, id), "id and xid belong together");
    cr_assert_eq(it->commit_us, atoi(b));
    return atoi(b) < atoi(a);
}

static bool sees_even(struct cdc_slice visibility, const struct cdc_tx *it)
{
    (void)visibility;
    return (it->xid.ptr[it->xid.len - 1] - '0') % 2 == 0;
}

static void judge(const char *visibility)
{
    cr_assert_eq(touched_judge(&touched, cdc_slice_str(visibility), sees_smaller), 0);
}

Test(touched, nothing_at_first, .fini = fini)
{
    touched_init(&touched, 100);
    cr_assert_eq(touched_fields(&touched, 1), 0);
    judge("5");
    cr_assert_eq(touched_fields(&touched, 1), 0);
}

Test(touched, fields_of_several_transactions_add_up, .fini = fini)
{
    touched_init(&touched, 100);
    tx_one(1, 77, 1);
    tx_one(2, 77, 4);
    tx_one(3, 78, 2);
    cr_assert_eq(touched_fields(&touched, 77), 5);
    cr_assert_eq(touched_fields(&touched, 78), 2);
    cr_assert_eq(touched_fields(&touched, 79), 0);
}

Test(touched, the_newest_transaction_decides, .fini = fini)
{
    touched_init(&touched, 100);
    tx_one(1, 77, 1);
    tx_one(2, 78, 1);
    tx_one(3, 77, 4);
    judge("3");
    cr_assert_eq(touched_fields(&touched, 77), 5, "not all that touched it is seen");
    cr_assert_eq(touched_fields(&touched, 78), 0);
    judge("4");
    cr_assert_eq(touched_fields(&touched, 77), 0);
}

Test(touched, those_that_stay_keep_their_transactions, .fini = fini)
{
    touched_init(&touched, 10000);
    for (unsigned i = 1; i <= 999; i++)
        tx_one(i, i, i);
    cr_assert_eq(touched_judge(&touched, cdc_slice_str(""), sees_even), 0);
    for (unsigned i = 1; i <= 999; i++)
        cr_assert_eq(touched_fields(&touched, i), i % 2 ? i : 0);
    cr_assert_eq(touched.ntxs, 500);
    tx_one(1001, 5, 1 << 20);
    judge("501"); /* asks for each id and xid, which must be the right ones after they were moved */
    for (unsigned i = 1; i <= 999; i += 2)
        cr_assert_eq(touched_fields(&touched, i), i == 5 ? 5 | 1 << 20 : i < 501 ? 0 : i);
    judge("2000");
    cr_assert_eq(touched.ntxs, 0);
    cr_assert_eq(touched.nkeys, 0);
    cr_assert_eq(touched.text.len, 0);
}

Test(touched, a_transaction_that_goes_on_after_a_judgement_is_a_new_one, .fini = fini)
{
    struct cdc_tx it = {cdc_slice_str("0/9"), cdc_slice_str("9"), 9};

    touched_init(&touched, 100);
    touched_begin(&touched);
    touched_add(&touched, &it, 1, 1);
    judge("10");
    touched_add(&touched, &it, 2, 1);
    cr_assert_eq(touched_fields(&touched, 1), 0);
    cr_assert_eq(touched_fields(&touched, 2), 1);
    judge("9");
    cr_assert_eq(touched_fields(&touched, 2), 1);
}

Test(touched, transactions_without_keys_are_not_held, .fini = fini)
{
    touched_init(&touched, 100);
    for (unsigned i = 1; i <= 100; i++)
        tx(i, NULL, 0, 0);
    cr_assert_eq(touched.ntxs, 0);
}

Test(touched, a_place_alone_is_held_and_touches_nothing, .fini = fini)
{
    touched_init(&touched, 100);
    tx_one(1, 5, 0);
    cr_assert_eq(touched_fields(&touched, 5), 0);
    cr_assert_eq(touched.nkeys, 1);
}

static int sum(void *ctx, uint64_t hash)
{
    *(uint64_t *)ctx += hash;
    return hash == 13;
}

Test(touched, each_key_is_told, .fini = fini)
{
    uint64_t total = 0;

    touched_init(&touched, 100);
    cr_assert_eq(touched_each(&touched, sum, &total), 0);
    tx_one(1, 5, 0);
    tx_one(2, 6, 1);
    tx_one(3, 5, 1);
    cr_assert_eq(touched_each(&touched, sum, &total), 0);
    cr_assert_eq(total, 11);
    tx_one(4, 13, 1);
    cr_assert_eq(touched_each(&touched, sum, &total), 1);
}

Test(touched, more_than_fits_is_an_overflow_until_all_is_forgotten, .fini = fini)
{
    touched_init(&touched, 50);
    for (unsigned i = 1; i <= 50; i++)
        tx_one(i, i, 1);
    cr_assert_not(touched.overflow);
    tx_one(51, 51, 1);
    cr_assert(touched.overflow);
    judge("100");
    cr_assert(touched.overflow, "what did not fit is not seen");
    touched_clear(&touched);
    cr_assert_not(touched.overflow);
    tx_one(52, 1, 1);
    cr_assert_eq(touched_fields(&touched, 1), 1);
    cr_assert_eq(touched.most, 50);
}

Test(touched, ids_of_transactions_are_bounded, .fini = fini)
{
    static char id[65536];
    struct cdc_tx it = {cdc_slice(id, sizeof id), cdc_slice_str("1"), 1};

    touched_init(&touched, 1000000);
    for (unsigned i = 1; i < 60; i++) {
        touched_begin(&touched);
        touched_add(&touched, &it, i, 1);
    }
    cr_assert_not(touched.overflow);
    for (unsigned i = 60; i < 100; i++) {
        touched_begin(&touched);
        touched_add(&touched, &it, i, 1);
    }
    cr_assert(touched.overflow);
}

/* ---- events ---- */

static struct cdc_field fields[80];
static struct cdc_shape shape;

static struct cdc_event *event(enum cdc_event_op op, uint32_t n)
{
    static struct cdc_event it;

    shape.nfields = n;
    for (uint32_t i = 0; i < n; i++)
        fields[i].after_state = i % 3 ? CDC_VALUE_PRESENT : CDC_VALUE_NULL;
    it = (struct cdc_event){.op = op, .shape = &shape, .fields = fields};
    return &it;
}

Test(touched, an_event_sends_the_fields_that_it_has)
{
    struct cdc_event *e = event(CDC_EVENT_MERGE, 5);

    cr_assert_eq(touched_of(e), 0x1f);
    cr_assert_not(touched_is_partial(e));
    fields[0].after_state = fields[3].after_state = CDC_VALUE_UNAVAILABLE;
    cr_assert_eq(touched_of(e), 0x16);
    cr_assert(touched_is_partial(e));
    e->op = CDC_EVENT_PUT;
    cr_assert_eq(touched_of(e), 0x16);
}

Test(touched, an_event_that_ends_a_state_sends_all)
{
    static const enum cdc_event_op ops[] = {CDC_EVENT_DELETE, CDC_EVENT_DROP};

    for (unsigned i = 0; i < 2; i++) {
        struct cdc_event *e = event(ops[i], 5);
        fields[0].after_state = CDC_VALUE_UNAVAILABLE;
        cr_assert_eq(touched_of(e), TOUCHED_ALL);
        cr_assert_not(touched_is_partial(e));
    }
}

/* Without a state it does nothing, so the row must not be loaded without what it would have set. */
Test(touched, a_change_of_an_existing_state_only_sends_all)
{
    struct cdc_event *e = event(CDC_EVENT_MERGE, 5);

    fields[0].after_state = CDC_VALUE_UNAVAILABLE;
    e->existing_only = true;
    cr_assert_eq(touched_of(e), TOUCHED_ALL);
    cr_assert_not(touched_is_partial(e));
}

Test(touched, fields_beyond_the_mask_share_a_bit)
{
    struct cdc_event *e = event(CDC_EVENT_MERGE, 80);

    cr_assert_eq(touched_of(e), UINT64_MAX);
    for (unsigned i = 0; i < 80; i++)
        fields[i].after_state = CDC_VALUE_UNAVAILABLE;
    cr_assert_eq(touched_of(e), 0);
    fields[79].after_state = CDC_VALUE_PRESENT;
    cr_assert_eq(touched_of(e), UINT64_C(1) << TOUCHED_FIELDS);
    fields[62].after_state = CDC_VALUE_PRESENT;
    cr_assert_eq(touched_of(e), UINT64_C(3) << 62);
}
