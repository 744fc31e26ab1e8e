/* MariaDB's GTID lists: text forms and the laws of positions. */
#include <criterion/criterion.h>

#include "mysql/gtid_mariadb.h"

#define DOMAINS 5

TestSuite(mysql_gtid_mariadb);

static uint64_t seed;

static unsigned next_random(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % below);
}

static void randomize(struct my_mgtid_list *list, uint64_t model[DOMAINS])
{
    my_mgtid_list_clear(list);
    memset(model, 0, DOMAINS * sizeof *model);
    for (unsigned n = next_random(8); n > 0; n--) {
        unsigned domain = next_random(DOMAINS);

        model[domain] += 1 + next_random(9);
        cr_assert_eq(my_mgtid_list_advance(list, (struct my_mgtid){domain, next_random(3), model[domain]}),
                     0);
    }
}

static void check_same(const struct my_mgtid_list *list, const uint64_t model[DOMAINS])
{
    size_t n = 0;

    for (unsigned d = 0; d < DOMAINS; d++) {
        n += model[d] > 0;
        cr_assert(model[d] == 0 || my_mgtid_list_covers(list, (struct my_mgtid){d, 9, model[d]}));
        cr_assert_not(my_mgtid_list_covers(list, (struct my_mgtid){d, 9, model[d] + 1}));
    }
    cr_assert_eq(list->n, n);
}

static void check_laws(const struct my_mgtid_list *a, const struct my_mgtid_list *b,
                       const uint64_t ma[DOMAINS], const uint64_t mb[DOMAINS])
{
    struct my_mgtid_list c = {0};
    uint64_t mc[DOMAINS];
    bool contains = true;

    for (unsigned d = 0; d < DOMAINS; d++) {
        contains = contains && ma[d] >= mb[d];
        mc[d] = ma[d] > mb[d] ? ma[d] : mb[d];
    }
    cr_assert_eq(my_mgtid_list_contains(a, b), contains);
    cr_assert_eq(my_mgtid_list_copy(&c, a), 0);
    cr_assert_eq(my_mgtid_list_union(&c, b), 0);
    check_same(&c, mc);
    cr_assert(my_mgtid_list_contains(&c, a) && my_mgtid_list_contains(&c, b));
    cr_assert_eq(my_mgtid_list_copy(&c, a), 0);
    my_mgtid_list_subtract(&c, b);
    for (unsigned d = 0; d < DOMAINS; d++)
        mc[d] = ma[d] > mb[d] ? ma[d] : 0;
    check_same(&c, mc);
    my_mgtid_list_fini(&c);
}

static void check_text(const struct my_mgtid_list *list)
{
    struct my_mgtid_list again = {0};
    struct cdc_buf text = {0};
    struct cdc_err err;

    my_mgtid_list_print(list, &text);
    cr_assert_eq(my_mgtid_list_parse(&again, true, cdc_buf_slice(&text), &err), 0);
    cr_assert(my_mgtid_list_equal(list, &again));
    my_mgtid_list_fini(&again);
    cdc_buf_fini(&text);
}

Test(mysql_gtid_mariadb, random_positions_obey_the_laws)
{
    struct my_mgtid_list a = {0}, b = {0};
    uint64_t ma[DOMAINS], mb[DOMAINS];

    seed = 88172645463325252u;
    for (int round = 0; round < 2000; round++) {
        randomize(&a, ma);
        randomize(&b, mb);
        check_same(&a, ma);
        check_laws(&a, &b, ma, mb);
        check_text(&a);
    }
    my_mgtid_list_fini(&a);
    my_mgtid_list_fini(&b);
}

Test(mysql_gtid_mariadb, a_state_knows_who_wrote_what)
{
    struct my_mgtid_list state = {0};
    struct cdc_err err;

    cr_assert_eq(my_mgtid_list_parse(&state, false, cdc_slice_str("0-102-7,0-101-40, 5-101-3"), &err), 0);
    cr_expect(my_mgtid_list_wrote(&state, (struct my_mgtid){0, 101, 40}));
    cr_expect(my_mgtid_list_wrote(&state, (struct my_mgtid){0, 101, 1}));
    cr_expect_not(my_mgtid_list_wrote(&state, (struct my_mgtid){0, 101, 41}));
    cr_expect_not(my_mgtid_list_wrote(&state, (struct my_mgtid){0, 102, 8}));
    cr_expect_not(my_mgtid_list_wrote(&state, (struct my_mgtid){0, 103, 1}));
    cr_expect_not(my_mgtid_list_wrote(&state, (struct my_mgtid){1, 101, 1}));
    my_mgtid_list_fini(&state);
}

Test(mysql_gtid_mariadb, refuses_malformed_text)
{
    static const char *const bad[] = {"0",
                                      "0-1",
                                      "0-1-",
                                      "0-1-2x",
                                      "0-1-2,0-3-4",
                                      "4294967296-1-1",
                                      "0-4294967296-1",
                                      "0-1-18446744073709551616",
                                      "a-1-1",
                                      "0-1-2 0-1-3",
                                      "-1-2-3"};
    struct my_mgtid_list list = {0};
    struct cdc_err err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(my_mgtid_list_parse(&list, true, cdc_slice_str(bad[i]), &err), -1, "%s", bad[i]);
        cr_expect_eq(err.class, CDC_ERR_CONFIG);
    }
    cr_expect_eq(
        my_mgtid_list_parse(&list, true, cdc_slice_str(" 1-2-18446744073709551615 , 0-4294967295-1,"), &err),
        0);
    cr_expect_eq(list.n, 2);
    cr_expect_eq(list.items[1].sequence, UINT64_MAX);
    my_mgtid_list_fini(&list);
}
