#include "postgresql/pgquote.h"

#include <criterion/criterion.h>

static struct cdc_buf sql;

static void done(void)
{
    cdc_buf_fini(&sql);
}

Test(pgquote, names, .fini = done)
{
    pgquote_table(&sql, "public", "we\"ird'\\");
    pgquote_names(&sql, 2, (const char *const[]){"a", "B"});
    pgquote_name(&sql, NULL);
    cr_assert_str_eq(cdc_buf_str(&sql), "\"public\".\"we\"\"ird'\\\"\"a\", \"B\"\"\"");
}

Test(pgquote, texts, .fini = done)
{
    pgquote_text(&sql, "it's");
    pgquote_text(&sql, "a\\'b");
    pgquote_text(&sql, NULL);
    cr_assert_str_eq(cdc_buf_str(&sql), "'it''s' E'a\\\\''b'''");
}

Test(pgquote, texts_of_replication_commands_know_no_backslash, .fini = done)
{
    pgquote_plain(&sql, "\"a\\b'c\"");
    cr_assert_str_eq(cdc_buf_str(&sql), "'\"a\\b''c\"'");
}
