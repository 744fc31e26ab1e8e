/* MySQL's GTID sets: text forms, and arithmetic against a plain table of booleans. */
#include <criterion/criterion.h>

#include "mysql/gtid.h"

#define ORIGINS 4
#define NUMBERS 48

TestSuite(mysql_gtid);

struct model {
    bool in[ORIGINS][NUMBERS + 1];
};

static uint64_t seed;

static unsigned next_random(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % below);
}

/* Two servers, one of them with two tags beside its untagged numbers. */
static struct my_gtid origin(unsigned i)
{
    struct my_gtid id = {.tag_len = 0};

    memset(id.uuid, i == 0 ? 0x11 : 0x22, sizeof id.uuid);
    if (i >= 2) {
        id.tag_len = (uint8_t)(i - 1);
        memcpy(id.tag, "aa", id.tag_len);
    }
    return id;
}

static void randomize(struct my_gtid_set *set, struct model *model)
{
    memset(model, 0, sizeof *model);
    my_gtid_set_clear(set);
    for (unsigned n = next_random(12); n > 0; n--) {
        unsigned i = next_random(ORIGINS), start = 1 + next_random(NUMBERS - 1);
        unsigned end = start + 1 + next_random(NUMBERS - start);
        struct my_gtid id = origin(i);

        cr_assert_eq(my_gtid_set_add_run(set, &id, (struct my_gtid_run){start, end}), 0);
        for (unsigned k = start; k < end; k++)
            model->in[i][k] = true;
    }
}

static void check_same(const struct my_gtid_set *set, const struct model *model)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < ORIGINS; i++)
        for (unsigned k = 1; k <= NUMBERS; k++) {
            struct my_gtid gtid = origin(i);

            gtid.number = k;
            count += model->in[i][k];
            cr_assert_eq(my_gtid_set_has(set, &gtid), model->in[i][k], "origin %u number %u", i, k);
        }
    cr_assert_eq(my_gtid_set_count(set), count);
    for (size_t i = 0; i < set->norigins; i++) {
        cr_assert_gt(set->origins[i].nruns, 0);
        for (size_t j = 0; j < set->origins[i].nruns; j++) {
            cr_assert_lt(set->origins[i].runs[j].start, set->origins[i].runs[j].end);
            cr_assert(j == 0 || set->origins[i].runs[j - 1].end < set->origins[i].runs[j].start);
        }
    }
}

static bool model_contains(const struct model *a, const struct model *b)
{
    for (unsigned i = 0; i < ORIGINS; i++)
        for (unsigned k = 1; k <= NUMBERS; k++)
            if (b->in[i][k] && !a->in[i][k])
                return false;
    return true;
}

static void check_laws(struct my_gtid_set *a, struct my_gtid_set *b, const struct model *ma,
                       const struct model *mb)
{
    struct my_gtid_set c = {0};
    struct model mc = *ma;

    cr_assert_eq(my_gtid_set_contains(a, b), model_contains(ma, mb));
    cr_assert_eq(my_gtid_set_contains(b, a), model_contains(mb, ma));
    cr_assert_eq(my_gtid_set_copy(&c, a), 0);
    cr_assert_eq(my_gtid_set_union(&c, b), 0);
    for (unsigned i = 0; i < ORIGINS; i++)
        for (unsigned k = 0; k <= NUMBERS; k++)
            mc.in[i][k] = ma->in[i][k] || mb->in[i][k];
    check_same(&c, &mc);
    cr_assert(my_gtid_set_contains(&c, a) && my_gtid_set_contains(&c, b));
    cr_assert_eq(my_gtid_set_subtract(&c, b), 0);
    for (unsigned i = 0; i < ORIGINS; i++)
        for (unsigned k = 0; k <= NUMBERS; k++)
            mc.in[i][k] = ma->in[i][k] && !mb->in[i][k];
    check_same(&c, &mc);
    my_gtid_set_fini(&c);
}

static void check_text(const struct my_gtid_set *set)
{
    struct my_gtid_set again = {0};
    struct cdc_buf text = {0};
    struct cdc_err err;

    my_gtid_set_print(set, &text);
    cr_assert_eq(my_gtid_set_parse(&again, cdc_buf_slice(&text), &err), 0, "%s: %s", err.message,
                 cdc_buf_str(&text));
    cr_assert(my_gtid_set_equal(set, &again), "%s", cdc_buf_str(&text));
    my_gtid_set_fini(&again);
    cdc_buf_fini(&text);
}

Test(mysql_gtid, random_sets_obey_the_laws)
{
    struct my_gtid_set a = {0}, b = {0};
    struct model ma, mb;

    seed = 88172645463325252u;
    for (int round = 0; round < 2000; round++) {
        randomize(&a, &ma);
        randomize(&b, &mb);
        check_same(&a, &ma);
        check_laws(&a, &b, &ma, &mb);
        check_text(&a);
    }
    my_gtid_set_fini(&a);
    my_gtid_set_fini(&b);
}

Test(mysql_gtid, adding_one_by_one_in_any_order_gives_one_run)
{
    struct my_gtid_set set = {0};
    struct my_gtid gtid = origin(1);

    for (unsigned i = 0; i < 97; i++) {
        gtid.number = 1 + i * 41 % 97; /* each of 1 to 97 once */
        cr_assert_eq(my_gtid_set_add(&set, &gtid), 0);
    }
    cr_assert_eq(set.norigins, 1);
    cr_assert_eq(set.origins[0].nruns, 1);
    cr_assert_eq(set.origins[0].runs[0].start, 1);
    cr_assert_eq(set.origins[0].runs[0].end, 98);
    my_gtid_set_fini(&set);
}

static void check_print(const char *in, const char *out)
{
    struct my_gtid_set set = {0};
    struct cdc_buf text = {0};
    struct cdc_err err;

    cr_assert_eq(my_gtid_set_parse(&set, cdc_slice_str(in), &err), 0, "%s: %s", in, err.message);
    my_gtid_set_print(&set, &text);
    cr_expect_str_eq(cdc_buf_str(&text), out);
    cdc_buf_fini(&text);
    my_gtid_set_fini(&set);
}

#define U1 "3e11fa47-71ca-11e1-9e33-c80aa9429562"
#define U2 "752999ff-e601-11f1-85a2-02fc00000001"

Test(mysql_gtid, prints_what_it_parsed_in_normal_form)
{
    check_print("", "");
    check_print(" \n", "");
    check_print(U1 ":1-5", U1 ":1-5");
    check_print("3E11FA47-71CA-11E1-9E33-C80AA9429562:1", U1 ":1");
    check_print("3e11fa4771ca11e19e33c80aa9429562:1", U1 ":1");
    check_print(U2 ":3,\n" U1 ":7:1-5:6", U1 ":1-7," U2 ":3");
    check_print(U1 ":5-1", "");
    check_print(U1 ":1-5:Blue:1-3:7:red:2", U1 ":1-5:blue:1-3:7:red:2");
    check_print(U1 ":blue:1," U1 ":2", U1 ":2:blue:1");
    check_print(U1 ":9223372036854775806", U1 ":9223372036854775806");
    check_print("," U1 ":1,,", U1 ":1");
}

Test(mysql_gtid, refuses_malformed_text)
{
    static const char *const bad[] = {"x",
                                      U1 ":0",
                                      U1 ":",
                                      U1 ":1-",
                                      U1 ":1-5x",
                                      "3e11fa47-71ca:1",
                                      U1 ":9223372036854775807",
                                      U1 ":1 2",
                                      U1 ":a234567890123456789012345678901234:1",
                                      "0-101-38"};
    struct my_gtid_set set = {0};
    struct cdc_err err;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(my_gtid_set_parse(&set, cdc_slice_str(bad[i]), &err), -1, "%s", bad[i]);
        cr_expect_eq(err.class, CDC_ERR_CONFIG);
    }
    my_gtid_set_fini(&set);
}

static void check_encoded(const char *text, const char *hex)
{
    struct my_gtid_set set = {0};
    struct cdc_buf bytes = {0}, out = {0};
    struct cdc_err err;

    cr_assert_eq(my_gtid_set_parse(&set, cdc_slice_str(text), &err), 0);
    my_gtid_set_encode(&set, &bytes);
    for (size_t i = 0; i < bytes.len; i++)
        cdc_buf_printf(&out, "%02x", (unsigned char)bytes.data[i]);
    cr_expect_str_eq(cdc_buf_str(&out), hex);
    cdc_buf_fini(&bytes);
    cdc_buf_fini(&out);
    my_gtid_set_fini(&set);
}

Test(mysql_gtid, encodes_plain_and_tagged_sets)
{
    check_encoded("", "0000000000000000");
    check_encoded(U1 ":1-5:7", "0100000000000000"
                               "3e11fa4771ca11e19e33c80aa9429562"
                               "0200000000000000"
                               "01000000000000000600000000000000"
                               "07000000000000000800000000000000");
    check_encoded(U1 ":1:ab:2", "0102000000000001"
                                "3e11fa4771ca11e19e33c80aa9429562"
                                "00"
                                "0100000000000000"
                                "01000000000000000200000000000000"
                                "3e11fa4771ca11e19e33c80aa9429562"
                                "046162"
                                "0100000000000000"
                                "02000000000000000300000000000000");
}

Test(mysql_gtid, prints_one_transaction)
{
    struct my_gtid gtid = origin(2);
    struct cdc_buf out = {0};

    gtid.number = 17;
    my_gtid_print(&gtid, &out);
    cr_expect_str_eq(cdc_buf_str(&out), "22222222-2222-2222-2222-222222222222:a:17");
    cdc_buf_fini(&out);
}
