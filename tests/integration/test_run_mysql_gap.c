/* As test_run_gap.c, from a binlog: changes were lost, `on_gap: resnapshot` begins anew, and the states are the table's in the end. */
#include "lib/fail.h"
#include "lib/shop.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdlib.h>

static struct shop shop;

static void done(void)
{
    shop_clean(&shop);
}

TestSuite(run_mysql_gap, .fini = done, .timeout = 120);

#define LOADED "snapshot done job=%s table=shop.item"

static void await_load(const char *job)
{
    char *text = text_print(LOADED, job);

    agent_wait_log(&shop.agent, text, SHOP_SOON_MS);
    free(text);
}

/* Items 1 to 3 are loaded and streamed. */
static void given(void)
{
    shop_set(&shop, &(struct shop_options){.top = "on_gap: resnapshot\n"});
    shop_replace(&shop, "snapshot: {mode: never}", "snapshot: {mode: initial}");
    shop_sql(&shop, "INSERT INTO item VALUES (1, 'a', 1), (2, 'b', 2)");
    shop_start(&shop);
    await_load("load");
    shop_sql(&shop, "INSERT INTO item VALUES (3, 'c', 3)");
    shop_settle(&shop);
}

static void change_unseen(void)
{
    shop_sql(&shop, "DELETE FROM item WHERE id = 2; UPDATE item SET stock = 30 WHERE id = 3;"
                    "INSERT INTO item VALUES (4, 'd', 4)");
}

static void expect_mended(const char *because)
{
    agent_wait_log(&shop.agent, "changes were lost, so all tables are loaded anew", SHOP_SOON_MS);
    cr_assert(agent_log_contains(&shop.agent, because), "%s", agent_log(&shop.agent));
    await_load("reload");
    shop_sql(&shop, "INSERT INTO item VALUES (5, 'e', 5)");
    shop_settle(&shop);
    shop_expect_item(&shop, 2, NULL);
    shop_expect_item(&shop, 3, "quantity=30 sku=3");
    shop_expect_same(&shop);
    shop_end(&shop);
}

Test(run_mysql_gap, the_logs_were_purged)
{
    given();
    shop_pause(&shop);
    shop_sql(&shop, "FLUSH BINARY LOGS");
    change_unseen();
    shop_sql(&shop, "FLUSH BINARY LOGS");
    shop_purge(&shop, "binlog.000003");
    agent_run(&shop.agent);
    expect_mended("purged");
}

Test(run_mysql_gap, the_history_was_reset)
{
    given();
    shop_pause(&shop);
    change_unseen();
    shop_sql(&shop, server_mariadb_reset());
    agent_run(&shop.agent);
    expect_mended("reason=");
}

/* What a statement changed is not in the binlog as rows. */
Test(run_mysql_gap, a_session_wrote_statements)
{
    given();
    shop_sql(&shop, "SET SESSION binlog_format = STATEMENT; DELETE FROM item WHERE id = 2;"
                    "UPDATE item SET stock = 30 WHERE id = 3");
    expect_mended("reason=");
}

/* A reload goes on where the binlog was left, with the new rules. */
Test(run_mysql_gap, a_reload_loses_nothing)
{
    given();
    shop_replace(&shop, "quantity: stock", "quantity: stock, unit_code: name");
    for (int i = 10; i < 15; i++) {
        char *sql = text_print("INSERT INTO item VALUES (%d, 'r', %d)", i, i);

        shop_sql(&shop, sql);
        free(sql);
        agent_log_clear(&shop.agent);
        agent_signal(&shop.agent, SIGHUP);
        agent_wait_log(&shop.agent, "reloaded config=", SHOP_SOON_MS);
    }
    shop_sql(&shop, "INSERT INTO item VALUES (20, 'new', 20)");
    shop_settle(&shop);
    shop_expect_item(&shop, 20, "quantity=20 sku=20 unit_code=new");
    shop_expect_subjects(&shop, "3 10 11 12 13 14 20");
    shop_end(&shop);
}
