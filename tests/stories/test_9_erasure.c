/*
 * Story 9, the rest. Half of the customers ask to be forgotten while about a thousand changes a second of the same customers arrive
 * from two engines. Afterwards nothing of theirs is anywhere in Redis, whatever arrives late or is replayed; the others are all there.
 *
 * Every personal value of customer 3 holds "zq7n3z".
 */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cdc/clock.h"
#include "lib/fail.h"
#include "lib/search.h"
#include "lib/wait.h"
#include "people.h"

enum {
    PEOPLE = 20,
    FORGOTTEN = 10,
    CRM_ROUNDS = 1500,
    MEMBER_ROUNDS = 750,
    MAIL_ROUNDS = 1500,
    LOAD_MS = 90000
};

static struct company company;
static pid_t loads[3];

static void done(void)
{
    for (size_t i = 0; i < 3; i++) {
        if (loads[i])
            process_end(loads[i], SIGKILL, 0);
    }
    company_clean(&company);
}

TestSuite(story_9_erasure, .fini = done, .timeout = 240);

static void given(void)
{
    company_open(
        &company, NULL,
        (const char *const[]){"contact-centre", "loyalty-programme", "privacy-office", "mailer", NULL});
    company_sql(
        &company, "contact-centre",
        "CREATE SEQUENCE counter;"
        "INSERT INTO crm.customer SELECT 'C-' || n, 'zq7n' || n || 'z', 'zq7n' || n || 'z' FROM generate_series(0, %d) n;"
        "INSERT INTO crm.account_link (system, account, customer_no) SELECT s, p || n, 'C-' || n "
        "FROM generate_series(0, %d) n, (VALUES ('loyalty', 'M-'), ('booking-site', '')) v(s, p)",
        PEOPLE - 1, PEOPLE - 1);
    company_sql(
        &company, "loyalty-programme",
        "INSERT INTO member (card_no, given_name) SELECT 'M-' || n, 'zq7n' || n || 'z' FROM generate_series(0, %d) n",
        PEOPLE - 1);
    /* MariaDB's part of the load: about 400 changes a second. */
    company_sql(&company, "mailer",
                "\nDELIMITER //\n"
                "CREATE PROCEDURE load_mails(rounds INT) BEGIN DECLARE i INT DEFAULT 0; DECLARE n INT;\n"
                "WHILE i < rounds DO SET i = i + 1, n = FLOOR(RAND() * %d);\n"
                "IF i MOD 3 = 0 THEN UPDATE mail SET campaign = CONCAT('zq7n', n, 'z', i) WHERE id = n + 1;\n"
                "ELSEIF i MOD 50 = 1 THEN DELETE FROM mail WHERE id = n + 1;\n"
                "ELSE INSERT INTO mail (id, member_no, campaign) VALUES (n + 1, n, CONCAT('zq7n', n, 'z'))\n"
                "ON DUPLICATE KEY UPDATE campaign = CONCAT('zq7n', n, 'z', i); END IF;\n"
                "DO SLEEP(0.002); END WHILE; END//\nDELIMITER ;\n",
                PEOPLE);
}

/* About 400 changes a second of customers and tickets: new ones, changed ones, deleted ones. */
static const char CRM_LOAD[] =
    "DO $$ DECLARE n int; BEGIN FOR i IN 1..%d LOOP n := floor(random() * %d);"
    " IF i %% 3 = 0 THEN UPDATE crm.customer SET given_name = 'zq7n' || n || 'z' || i WHERE customer_no = 'C-' || n;"
    " ELSIF i %% 3 = 1 THEN INSERT INTO crm.ticket (id, customer_no, subject)"
    "   VALUES (nextval('counter'), 'C-' || n, 'zq7n' || n || 'z'); "
    " ELSIF i %% 50 = 2 THEN DELETE FROM crm.ticket WHERE id = (SELECT max(id) FROM crm.ticket WHERE customer_no = 'C-' || n);"
    " ELSE UPDATE crm.ticket SET subject = 'zq7n' || n || 'z' || i"
    "   WHERE id = (SELECT max(id) FROM crm.ticket WHERE customer_no = 'C-' || n); END IF;"
    " COMMIT; PERFORM pg_sleep(0.002); END LOOP; END $$";

/* About 200 of members, each of which is a customer and a membership. */
static const char MEMBER_LOAD[] =
    "DO $$ DECLARE n int; BEGIN FOR i IN 1..%d LOOP n := floor(random() * %d);"
    " UPDATE member SET given_name = 'zq7n' || n || 'z' || i, points = i WHERE card_no = 'M-' || n;"
    " COMMIT; PERFORM pg_sleep(0.004); END LOOP; END $$";

static pid_t start_psql(const char *database, const char *sql)
{
    char *psql = server_postgresql_program(company.pg, "psql"),
         *info = server_postgresql_conninfo(company.pg, database);
    pid_t pid = process_start(
        (const char *const[]){psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", info, "-c", sql, NULL}, NULL);

    free(info);
    free(psql);
    return pid;
}

static void start_loads(void)
{
    char *crm = text_print(CRM_LOAD, CRM_ROUNDS, PEOPLE),
         *members = text_print(MEMBER_LOAD, MEMBER_ROUNDS, PEOPLE),
         *socket = text_print("--socket=%s", company.maria->socket),
         *call = text_print("CALL load_mails(%d)", MAIL_ROUNDS);

    loads[0] = start_psql("crm", crm);
    loads[1] = start_psql("loyalty", members);
    loads[2] = process_start(
        (const char *const[]){"mariadb", "--no-defaults", "--user=root", socket, "-e", call, "mailer", NULL},
        NULL);
    free(call);
    free(socket);
    free(members);
    free(crm);
}

static void await_loads(int64_t begun_ms)
{
    for (size_t i = 0; i < 3; i++) {
        int status = process_wait(loads[i], LOAD_MS);
        cr_assert_eq(status, 0, "load %zu ended with %d", i, status);
        loads[i] = 0;
    }
    fprintf(stderr, "story 9: %d statements in %lld ms from two engines while customers were erased\n",
            CRM_ROUNDS + MEMBER_ROUNDS + MAIL_ROUNDS, (long long)(cdc_now_ms() - begun_ms));
}

/* Everything that was committed before is in Redis: a row of somebody who is not forgotten is written last. */
static void settle(int round)
{
    char *mail = text_print("%d", 100 + round), *answer = text_print("last-%d", round),
         *key = text_print("HGET cdc:state:{message}:mail-%s campaign", mail);

    company_sql(&company, "contact-centre",
                "UPDATE crm.customer SET language = 'last-%d' WHERE customer_no = 'C-%d'", round, PEOPLE - 1);
    company_sql(&company, "loyalty-programme",
                "UPDATE member SET language = 'last-%d' WHERE card_no = 'M-%d'", round, PEOPLE - 1);
    company_sql(&company, "mailer", "INSERT INTO mail (id, member_no, campaign) VALUES (%s, %d, '%s')", mail,
                PEOPLE - 1, answer);
    company_await(&company, key, answer);
    free(key);
    key = text_print("HGET cdc:state:{customer}:crm:C-%d language", PEOPLE - 1);
    company_await(&company, key, answer);
    free(key);
    key = text_print("HGET cdc:state:{customer}:loyalty:M-%d language", PEOPLE - 1);
    company_await(&company, key, answer);
    free(key);
    free(answer);
    free(mail);
}

static char *secrets_of(int from, int to)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    for (int n = from; n < to; n++)
        fprintf(out, "zq7n%dz ", n);
    fclose(out);
    return text;
}

static void expect_forgotten(void)
{
    char *gone = secrets_of(0, FORGOTTEN), *there = secrets_of(FORGOTTEN, PEOPLE);

    search_expect_all(company.redis, there);
    search_expect_none(company.redis, gone);
    for (int n = 0; n < FORGOTTEN; n++) {
        const char *answer = server_redis_text(
            company.redis, "FCALL_RO tributary_customer 1 cdc:links:{customer}:crm:C-%d", n);
        cr_assert(strstr(answer, "\"loyalty\"") == NULL && strstr(answer, "\"customer\":{") == NULL, "%s",
                  answer);
    }
    free(there);
    free(gone);
}

static bool changes_come(void *ctx)
{
    (void)ctx;
    return server_redis_integer(company.redis, "XLEN cdc:events:{message}") >= MAIL_ROUNDS / 4;
}

static bool are_erased(void *ctx)
{
    (void)ctx;
    return atoi(company_say(&company,
                            "$REDIS XRANGE cdc:events:{erasure} - + | grep -c '^erasure.completed'")) ==
           FORGOTTEN;
}

/* Late rows: of a customer, of an account, of a system that has never spoken of them, of a state that was removed. */
static void write_late_rows(void)
{
    company_sql(
        &company, "contact-centre",
        "INSERT INTO crm.ticket (id, customer_no, subject) VALUES (nextval('counter'), 'C-3', 'zq7n3z late');"
        "UPDATE crm.customer SET given_name = 'zq7n3z late' WHERE customer_no = 'C-3';"
        "UPDATE crm.ticket SET subject = 'zq7n3z late' WHERE customer_no = 'C-3';"
        "UPDATE crm.account_link SET reason = 'zq7n3z late' WHERE customer_no = 'C-3';"
        "DELETE FROM crm.ticket WHERE id = (SELECT min(id) FROM crm.ticket WHERE customer_no = 'C-3')");
    company_sql(
        &company, "loyalty-programme",
        "INSERT INTO bonus VALUES (1, 'M-3', 5, 'new'); UPDATE member SET given_name = 'zq7n3z late' WHERE card_no = 'M-3'");
    company_sql(
        &company, "mailer",
        "REPLACE INTO mail (id, member_no, campaign) VALUES (4, 3, 'zq7n3z late'); DELETE FROM mail WHERE id = 5;"
        /* a row of somebody forgotten becomes somebody else's */
        "UPDATE mail SET member_no = 15, campaign = 'zq7n15z' WHERE id = 4;");
}

/* Not as long as the agent that was killed counts as running. */
static bool is_reset(void *ctx)
{
    struct agent *agent = ctx;

    return agent_command(agent, (const char *const[]){"checkpoint", agent->config, "reset", "--yes", NULL}) ==
           0;
}

/* What the source still has is read again: everything since the slot was confirmed last. */
static void replay(const char *name)
{
    struct agent *agent = &company_system(&company, name)->agent;

    wait_until("the checkpoint is reset", is_reset, agent, COMPANY_SOON_MS);
    company_run(&company, name);
}

Test(story_9_erasure, who_is_forgotten_under_load_stays_forgotten)
{
    int64_t begun_ms;
    long long events;

    given();
    begun_ms = cdc_now_ms();
    start_loads();
    wait_until("a part of the load", changes_come, NULL, COMPANY_SOON_MS);
    company_sql(
        &company, "privacy-office",
        "INSERT INTO erasure_request (id, customer_no, identity_checked) SELECT n, 'C-' || n, true FROM generate_series(0, %d) n",
        FORGOTTEN - 1);
    await_loads(begun_ms);
    wait_until("the erasures are completed", are_erased, NULL, COMPANY_SOON_MS);
    settle(1);
    expect_forgotten();

    write_late_rows();
    settle(2);
    expect_forgotten();

    events = server_redis_integer(company.redis, "XLEN cdc:events:{request}");
    agent_kill(&company_system(&company, "contact-centre")->agent);
    agent_kill(&company_system(&company, "loyalty-programme")->agent);
    agent_kill(&company_system(&company, "mailer")->agent);
    replay("contact-centre");
    replay("loyalty-programme");
    company_run(&company, "mailer");
    settle(3);
    cr_assert_gt(server_redis_integer(company.redis, "XLEN cdc:events:{request}"), events,
                 "nothing was replayed");
    expect_forgotten();
    company_close(&company);
}
