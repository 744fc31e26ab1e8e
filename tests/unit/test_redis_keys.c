/* Names of keys. */
#include "redis/keys.h"

#include <criterion/criterion.h>

TestSuite(redis_keys);

Test(redis_keys, have_the_form_of_the_contract)
{
    struct cdc_buf out = {.limit = 0};

    redis_key_state(&out, "cdc", cdc_slice_str("booking"));
    cr_assert_str_eq(cdc_buf_str(&out), "cdc:state:{booking}:");
    cdc_buf_reset(&out);
    redis_key_events(&out, "cdc", cdc_slice_str("booking"));
    cr_assert_str_eq(cdc_buf_str(&out), "cdc:events:{booking}");
    cdc_buf_reset(&out);
    redis_key_named(&out, "cdc", "checkpoint", "cinema");
    cr_assert_str_eq(cdc_buf_str(&out), "cdc:checkpoint:cinema");
    cdc_buf_reset(&out);
    redis_key_named(&out, "cdc", "connectors", NULL);
    cr_assert_str_eq(cdc_buf_str(&out), "cdc:connectors");
    cdc_buf_fini(&out);
}

Test(redis_keys, patterns_match_only_themselves)
{
    struct cdc_buf out = {.limit = 0};

    redis_key_glob(&out, cdc_slice_str("a*b?[c-d]^\\{e}"));
    cr_assert_str_eq(cdc_buf_str(&out), "a\\*b\\?\\[c\\-d\\]\\^\\\\{e}");
    cdc_buf_fini(&out);
}
