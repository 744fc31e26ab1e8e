/*
 * Snapshots of MariaDB and MySQL: rows that were there before the agent are loaded while two clients change them and the agent is killed,
 * with whole and with minimal row images; a verification under load. SNAPSHOT_ROWS makes the table larger.
 */
#include "integration/snapshot_watch.h"
#include "lib/fail.h"
#include "lib/process.h"
#include "lib/shop.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 2, STATEMENTS = 100000, PLANTED = 8 };

static struct shop shop;
static struct snapshot_watch watch;
static pid_t clients[CLIENTS];
static unsigned rows;

static void end_clients(int signal)
{
    for (int i = 0; i < CLIENTS; i++)
        if (clients[i])
            process_end(clients[i], signal, 5000);
    memset(clients, 0, sizeof clients);
}

static void done(void)
{
    end_clients(SIGKILL);
    shop_clean(&shop);
}

TestSuite(run_mysql_snapshot, .fini = done, .timeout = 240);

static void given(unsigned n, const char *const *settings)
{
    char *fill;

    rows = n;
    shop_set(&shop, &(struct shop_options){.settings = settings});
    shop_replace(&shop, "snapshot: {mode: never}", "snapshot: {mode: initial, chunk_rows: 500}");
    watch = (struct snapshot_watch){shop.redis, &shop.agent, "cdc:checkpoint:shop"};
    server_mariadb_sequence(shop.db, "shop", 1, n);
    fill = text_print("INSERT INTO item SELECT seq, REPEAT('x', 50), seq FROM seq_1_to_%u", n);
    shop_sql(&shop, fill);
    free(fill);
}

/* Rows with an odd number are changed; those with an even one stay as they are. */
static void print_change(FILE *file, unsigned *seed, bool keys)
{
    unsigned id = (unsigned)rand_r(seed) % (rows / 2) * 2 + 1,
             what = (unsigned)rand_r(seed) % (keys ? 10 : 8);

    if (what < 5)
        fprintf(file, "UPDATE item SET stock = stock + 1 WHERE id = %u;\n", id);
    else if (what == 5)
        fprintf(file, "UPDATE item SET name = 'n' WHERE id = %u;\n", id);
    else if (what == 6)
        fprintf(
            file,
            "BEGIN; DELETE FROM item WHERE id = %u; INSERT IGNORE INTO item VALUES (%u, 'r', %u); COMMIT;\n",
            id, id, what);
    else if (what == 7)
        fprintf(file, "INSERT IGNORE INTO item VALUES (%u, 'i', 1);\n", id + 2000000);
    else if (what == 8)
        fprintf(file, "UPDATE IGNORE item SET id = %u WHERE id = %u;\n", id + 1000000, id);
    else
        fprintf(file, "DELETE FROM item WHERE id = %u;\n", id + 1000000);
}

static void start_clients(bool keys)
{
    for (int i = 0; i < CLIENTS; i++) {
        char name[32], *path, *command;
        unsigned seed = (unsigned)i + 1;
        FILE *file;
        snprintf(name, sizeof name, "changes-%d.sql", i);
        path = tempdir_path(&shop.agent.dir, name);
        file = fopen(path, "w");
        for (int n = 0; file && n < STATEMENTS; n++)
            print_change(file, &seed, keys);
        if (!file || fclose(file))
            fail("cannot write %s", path);
        command = text_print("exec mariadb --no-defaults --force -uroot --socket='%s' shop < '%s'",
                             shop.db->socket, path);
        clients[i] = process_start((const char *const[]){"sh", "-c", command, NULL},
                                   &(struct process_options){.output = shop.agent.output});
        free(command);
        free(path);
    }
}

static bool clients_are_gone(void *ctx)
{
    (void)ctx;
    return strcmp(
               shop_query(
                   &shop,
                   "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'root' AND id <> CONNECTION_ID()"),
               "0") == 0;
}

static void stop_clients(void)
{
    end_clients(SIGTERM);
    wait_until("the last change is committed", clients_are_gone, NULL, 20000);
}

static void load_and_kill(bool keys)
{
    unsigned long there; /* it grows all the while */
    struct progress p;

    start_clients(keys);
    shop_start(&shop);
    for (unsigned kills = 1; kills <= 4; kills++) {
        snapshot_watch_rows(&watch, "shop.item", kills * rows / 6);
        agent_kill(&shop.agent);
        agent_run(&shop.agent);
    }
    snapshot_watch_state(&watch, "shop.item", PROGRESS_DONE);
    stop_clients();
    shop_settle(&shop);
    shop_expect_same(&shop);
    p = snapshot_watch_progress(&watch, "shop.item");
    there = strtoul(shop_query(&shop, "SELECT COUNT(*) FROM item"), NULL, 10);
    cr_assert(p.rows > rows / 2 && p.rows < there + rows, "%lu rows in the end, and %llu were read", there,
              (unsigned long long)p.rows);
    progress_fini(&p);
    shop_end(&shop);
}

Test(run_mysql_snapshot, rows_from_before_are_loaded_while_they_change_and_the_agent_is_killed)
{
    given(snapshot_rows(10000), NULL);
    load_and_kill(true);
}

Test(run_mysql_snapshot, the_same_with_minimal_images)
{
    given(snapshot_rows(10000), (const char *const[]){"binlog_row_image=MINIMAL", NULL});
    load_and_kill(false);
}

/* ---- verification ---- */

static unsigned planted(unsigned i, unsigned kind)
{
    return (rows / (2 * PLANTED) * i + kind + 1) * 2;
}

static void plant(void)
{
    for (unsigned i = 0; i < PLANTED; i++) {
        server_redis_do(shop.redis, "DEL cdc:state:{inventory}:%d:-", planted(i, 0));
        server_redis_do(shop.redis, "HSET cdc:state:{inventory}:%d:- quantity wrong", planted(i, 1));
        server_redis_do(shop.redis, "HSET cdc:state:{inventory}:gone-%d:- _source shop _seq 1:1 sku gone-%d",
                        i, i);
    }
}

static void verify(int status, const char *option, unsigned found)
{
    char text[100];

    snapshot_watch_command(
        &watch, status, (const char *const[]){"verify", "--table", "item", "--format", "json", option, NULL});
    snprintf(text, sizeof text, "\"missing\":%u,\"different\":%u,\"extra\":%u", found, found, found);
    cr_assert(strstr(agent_output(&shop.agent), text), "not %s:\n%s", text, agent_output(&shop.agent));
}

Test(run_mysql_snapshot, planted_errors_are_found_and_mended_while_rows_change)
{
    given(snapshot_rows(6000), NULL);
    shop_start(&shop);
    snapshot_watch_state(&watch, "shop.item", PROGRESS_DONE);
    start_clients(true);
    plant();
    verify(2, NULL, PLANTED);
    verify(2, "--repair", PLANTED);
    verify(0, NULL, 0);
    stop_clients();
    shop_settle(&shop);
    shop_expect_same(&shop);
    shop_end(&shop);
}
