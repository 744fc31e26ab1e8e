/* Rules for personal data. */
#include <criterion/criterion.h>

#include "map/pii.h"

static struct work work;
static struct hmac *hmac;

static void init(void)
{
    cr_assert_eq(hmac_new(&hmac, "Jefe", NULL), 0);
}

static void fini(void)
{
    hmac_free(hmac);
    cdc_arena_fini(&work.arena);
}

static const char *applied(enum config_pii rule, unsigned chars, const char *text)
{
    static char out[256];
    struct pii pii = {rule, chars, hmac};
    struct cdc_slice result;

    cr_assert_eq(pii_apply(&pii, &work, cdc_slice_str(text), &result), 0);
    cr_assert_lt(result.len, sizeof out);
    if (result.len)
        memcpy(out, result.ptr, result.len);
    out[result.len] = '\0';
    return out;
}

Test(pii, mask_keeps_the_first_letter_and_punctuation, .init = init, .fini = fini)
{
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "anna@example.org"), "a***@*******.***");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "+44 20 7946 0018"), "+4* ** **** ****");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "(x)"), "(x)");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "Zoë Łódź"), "Z** ****");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "東京都 1"), "東** *");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "🎬🎬"), "🎬*");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "a"), "a");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "--"), "--");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, ""), "");
    cr_assert_str_eq(applied(CONFIG_PII_MASK, 0, "-é-b"), "-é-*");
}

Test(pii, truncate_counts_characters, .init = init, .fini = fini)
{
    cr_assert_str_eq(applied(CONFIG_PII_TRUNCATE, 3, "SW1A 1AA"), "SW1");
    cr_assert_str_eq(applied(CONFIG_PII_TRUNCATE, 3, "Łódź"), "Łód");
    cr_assert_str_eq(applied(CONFIG_PII_TRUNCATE, 1, "🎬x"), "🎬");
    cr_assert_str_eq(applied(CONFIG_PII_TRUNCATE, 9, "short"), "short");
    cr_assert_str_eq(applied(CONFIG_PII_TRUNCATE, 1, ""), "");
}

Test(pii, hmac_is_keyed, .init = init, .fini = fini)
{
    cr_assert_str_eq(applied(CONFIG_PII_HMAC, 0, "what do ya want for nothing?"),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

Test(pii, no_rule_changes_nothing_and_drop_gives_nothing, .init = init, .fini = fini)
{
    cr_assert_str_eq(applied(CONFIG_PII_NONE, 0, "anna"), "anna");
    cr_assert_str_eq(applied(CONFIG_PII_DROP, 0, "anna"), "");
}

Test(pii, without_memory_there_is_no_value, .init = init, .fini = fini)
{
    static char text[256 * 1024];
    struct pii pii = {CONFIG_PII_MASK, 0, NULL};
    struct cdc_slice out = {"untouched", 9};

    cdc_arena_init(&work.arena, 128 * 1024);
    cr_assert_eq(pii_apply(&pii, &work, cdc_slice(text, sizeof text), &out), -1);
    cr_assert_eq(work.reason, WORK_TOO_LARGE);
    cr_assert(cdc_slice_is(out, "untouched"));
}
