/*
 * The agent moves between the servers of one topology by GTID: a primary and a replica that writes a binlog of its own. It goes on
 * exactly where it was, every row once, or refuses where the other server lacks what was read.
 */
#include "lib/fail.h"
#include "lib/shop.h"
#include "lib/wait.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WRITES = 120 };

static struct shop shop;
static struct server_mariadb *primary, *replica; /* one of them is shop.db */

static void done(void)
{
    struct server_mariadb *other = shop.db == primary ? replica : primary;

    shop_clean(&shop);
    server_mariadb_stop(other);
    primary = replica = NULL;
}

TestSuite(run_mysql_failover, .fini = done, .timeout = 120);

static void follow(struct server_mariadb *follower, const struct server_mariadb *leader)
{
    static const char maria[] =
        "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=%u, MASTER_USER='repl',"
        "MASTER_CONNECT_RETRY=1, MASTER_USE_GTID=slave_pos; START SLAVE";
    static const char my[] =
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=%u, SOURCE_USER='repl',"
        "SOURCE_CONNECT_RETRY=1, SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1; START REPLICA";
    char *sql = server_mariadb_is_mysql() ? text_print(my, leader->port) : text_print(maria, leader->port);

    server_mariadb_sql(follower, "", sql);
    free(sql);
}

static void stop_following(struct server_mariadb *follower)
{
    server_mariadb_sql(follower, "", server_mariadb_is_mysql() ? "STOP REPLICA" : "STOP SLAVE");
}

static void follow_again(struct server_mariadb *follower)
{
    server_mariadb_sql(follower, "", server_mariadb_is_mysql() ? "START REPLICA" : "START SLAVE");
}

static void promote(struct server_mariadb *follower)
{
    stop_following(follower);
    server_mariadb_sql(follower, "", server_mariadb_is_mysql() ? "RESET REPLICA ALL" : "RESET SLAVE ALL");
}

/* Until the follower has what the leader has now. */
static void catch_up(struct server_mariadb *follower, struct server_mariadb *leader)
{
    char *ask = text_print("SELECT REPLACE(%s, '\\n', '')", server_mariadb_gtids());
    const char *gtids = server_mariadb_query(leader, "", ask);
    char *sql = server_mariadb_is_mysql() ? text_print("SELECT WAIT_FOR_EXECUTED_GTID_SET('%s', 30)", gtids)
                                          : text_print("SELECT MASTER_GTID_WAIT('%s', 30)", gtids);

    cr_assert_str_eq(server_mariadb_query(follower, "", sql), "0", "the replica does not catch up");
    free(ask);
    free(sql);
}

/* How a server's history that lacks what was read is called. */
static const char *lacks(void)
{
    return server_mariadb_is_mysql() ? "has not executed transactions that were read before"
                                     : "lacks transaction 0-1-";
}

static void given(void)
{
    shop_set(&shop,
             &(struct shop_options){.schema = "CREATE USER repl@localhost; CREATE USER repl@'127.0.0.1';"
                                              "GRANT REPLICATION SLAVE ON *.* TO repl@localhost;"
                                              "GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1';"});
    primary = shop.db;
    replica = server_mariadb_start((const char *const[]){"server-id=2", "log-slave-updates=ON", NULL});
    follow(replica, primary);
    catch_up(replica, primary);
    shop_start(&shop);
}

static void insert(struct server_mariadb *server, int id)
{
    char *sql = text_print("INSERT INTO item VALUES (%d, 'n', %d)", id, id);

    server_mariadb_sql(server, "shop", sql);
    free(sql);
}

/* Writes rows one by one, each a transaction, until it is done. */
static pid_t begin_writes(struct server_mariadb *server)
{
    static const char writer[] =
        "CREATE PROCEDURE writes() BEGIN DECLARE i INT DEFAULT 0; WHILE i < %d DO SET i = i + 1;"
        "INSERT INTO item VALUES (i, 'n', i); DO SLEEP(0.005); END WHILE; END// CALL writes()//";
    char *socket = text_print("--socket=%s", server->socket), *loop = text_print(writer, WRITES);
    pid_t pid = process_start((const char *const[]){"mariadb", "--no-defaults", "--user=root", socket,
                                                    "--delimiter=//", "-e", loop, "shop", NULL},
                              NULL);

    free(socket);
    free(loop);
    return pid;
}

static void expect_all_writes(void)
{
    char *ids = NULL;
    size_t len;
    FILE *out = open_memstream(&ids, &len);

    for (int i = 1; i <= WRITES; i++)
        fprintf(out, "%s%d", i > 1 ? " " : "", i);
    cr_assert_eq(fclose(out), 0);
    shop_expect_subjects(&shop, ids);
    free(ids);
}

static bool some_came(void *ctx)
{
    (void)ctx;
    return server_redis_integer(shop.redis, "XLEN cdc:events:{inventory}") > WRITES / 4;
}

/* The markers of shop_settle() are written on the primary. */
static void settle_on(struct server_mariadb *written)
{
    struct server_mariadb *read = shop.db;

    shop.db = written;
    shop_settle(&shop);
    shop.db = read;
}

Test(run_mysql_failover, to_the_replica_and_back_under_writes)
{
    pid_t writer;

    given();
    writer = begin_writes(primary);
    wait_until("rows", some_came, NULL, SHOP_SOON_MS);
    shop_pause(&shop);
    catch_up(replica, primary);
    shop_move(&shop, replica);
    shop_start(&shop);
    settle_on(primary);
    shop_pause(&shop);
    shop_move(&shop, primary);
    shop_start(&shop);
    cr_assert_eq(process_wait(writer, SHOP_SOON_MS), 0);
    shop_settle(&shop);
    expect_all_writes();
    shop_expect_same(&shop);
    shop_pause(&shop);
}

Test(run_mysql_failover, the_primary_dies_and_the_replica_is_promoted)
{
    given();
    insert(primary, 1);
    insert(primary, 2);
    shop_settle(&shop);
    catch_up(replica, primary);
    server_mariadb_down(primary, SIGKILL);
    agent_wait_log(&shop.agent, "source", SHOP_SOON_MS);
    promote(replica);
    insert(replica, 3);
    cr_assert(agent_runs(&shop.agent), "%s", agent_log(&shop.agent));
    shop_pause(&shop);
    shop_move(&shop, replica);
    shop_start(&shop);
    insert(replica, 4);
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2 3 4");
    shop_expect_same(&shop);
    shop_pause(&shop);
}

/* Items 2 and 3 are applied, and the replica has not got them yet. */
static void given_a_lagging_replica(void)
{
    given();
    insert(primary, 1);
    catch_up(replica, primary);
    stop_following(replica);
    insert(primary, 2);
    insert(primary, 3);
    shop_settle(&shop);
    shop_pause(&shop);
    shop_move(&shop, replica);
}

Test(run_mysql_failover, a_replica_that_lags_is_refused_until_it_has_caught_up)
{
    given_a_lagging_replica();
    shop_expect_refusal(&shop, SHOP_GAP, lacks(), "wait until it has caught up");
    shop_expect_refusal(&shop, SHOP_GAP, lacks(), "wait until it has caught up");
    follow_again(replica);
    insert(primary, 4);
    catch_up(replica, primary);
    shop_start(&shop);
    settle_on(primary);
    shop_expect_subjects(&shop, "1 2 3 4");
    shop_expect_same(&shop);
    shop_pause(&shop);
}

/* Promoted without what was applied, it has given the same numbers to other transactions. */
Test(run_mysql_failover, a_promoted_replica_that_lacks_what_was_read_is_a_gap)
{
    given_a_lagging_replica();
    promote(replica);
    for (int i = 10; i < 20; i++)
        insert(replica, i);
    shop_expect_refusal(&shop, SHOP_GAP, lacks(), "checkpoint CONFIG reset --yes");
    shop_expect_subjects(&shop, "1 2 3");
    shop_move(&shop, primary);
    shop_start(&shop);
    insert(primary, 4);
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2 3 4");
    shop_pause(&shop);
}

/* What such a replica took over is not in its binlog: the agent would never see it. */
Test(run_mysql_failover, a_replica_that_does_not_log_what_it_replicates_is_refused)
{
    const char *said = server_mariadb_is_mysql() ? "has purged transactions that were not read yet" : lacks();
    struct server_mariadb *mute;

    given();
    insert(primary, 1);
    shop_settle(&shop);
    shop_pause(&shop);
    insert(primary, 2);
    mute = server_mariadb_start((const char *const[]){"server-id=3", "log-slave-updates=OFF", NULL});
    follow(mute, primary);
    catch_up(mute, primary);
    shop_move(&shop, mute);
    shop_expect_refusal(&shop, SHOP_GAP, said, "checkpoint CONFIG reset --yes");
    shop_move(&shop, primary);
    server_mariadb_stop(mute);
    shop_start(&shop);
    shop_settle(&shop);
    shop_expect_subjects(&shop, "1 2");
    shop_pause(&shop);
}
