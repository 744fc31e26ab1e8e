/*
 * Companies out of the shipped examples (company.h): their servers, databases, agents and consumers. The configurations are
 * company_config.c's. Runs on the test's main thread; failures end the test.
 */
#include "lib/company.h"

#include "lib/company_config.h"
#include "lib/fail.h"
#include "lib/wait.h"

#include "cdc/clock.h"

#include <criterion/criterion.h>

#include <hiredis/hiredis.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMMAND_MS = 60000 };

static const char PASSWORD[] = "a-password-of-the-test";

static struct server_postgresql *company_pg(struct company *company)
{
    if (!company->pg) {
        company->pg = server_postgresql_start(
            (const char *const[]){"max_replication_slots=16", "max_wal_senders=16", NULL});
        server_postgresql_sql(company->pg, "postgres", "CREATE ROLE tributary LOGIN REPLICATION");
    }
    return company->pg;
}

static struct server_mariadb *company_maria(struct company *company)
{
    if (!company->maria) {
        company->maria = server_mariadb_start(NULL);
        server_mariadb_sql(
            company->maria, "",
            "CREATE USER tributary@localhost; GRANT REPLICATION SLAVE ON *.* TO tributary@localhost;");
    }
    return company->maria;
}

static void make_postgresql(struct server_postgresql *pg, const struct company_system *system,
                            const char *tables, const char *publication)
{
    server_postgresql_sqlf(pg, "postgres", "CREATE DATABASE %s", system->database);
    server_postgresql_sql(pg, system->database, tables);
    server_postgresql_sql(
        pg, system->database,
        "DO $$ DECLARE s text; BEGIN FOR s IN SELECT nspname FROM pg_namespace "
        "WHERE nspname !~ '^pg_|^information_schema$' LOOP "
        "EXECUTE format('GRANT USAGE ON SCHEMA %I TO tributary', s); "
        "EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO tributary', s); END LOOP; END $$");
    server_postgresql_sqlf(pg, system->database, "CREATE PUBLICATION %s FOR ALL TABLES", publication);
}

static void make_mariadb(struct server_mariadb *maria, const struct company_system *system,
                         const char *tables)
{
    char *create = text_print("CREATE DATABASE %s; GRANT SELECT ON %s.* TO tributary@localhost;",
                              system->database, system->database);

    server_mariadb_sql(maria, "", create);
    server_mariadb_sql(maria, system->database, tables);
    free(create);
}

/* The database of an example, and the configuration of its agent. */
static void furnish(struct company *company, struct company_system *system, const char *name, const char *top)
{
    struct company_config example;
    struct company_place place = {.redis = company->redis->socket,
                                  .password = PASSWORD,
                                  .top = top,
                                  .server_id = 7000 + (unsigned)company->n};

    company_config_read(&example, name);
    system->name = name;
    system->mysql = example.mysql;
    system->database = text_print("%s", example.database);
    system->connector = text_print("%s", example.connector);
    if (example.mysql) {
        make_mariadb(company_maria(company), system, example.tables);
        place.host = company->maria->socket;
    } else {
        make_postgresql(company_pg(company), system, example.tables, example.publication);
        place.host = company->pg->host;
        place.port = company->pg->port;
    }
    system->config = company_config_print(&example, &place);
    company_config_fini(&example);
    agent_init(&system->agent);
    agent_configure(&system->agent, system->config);
}

/* A word for the shell. */
static void put_quoted(FILE *out, const char *word)
{
    fprintf(out, " '%s'", word);
}

/* An ACL line of `tributary setup`, run with a password. */
static void make_user(struct company *company, char *line)
{
    char *save = NULL, *command = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&command, &len);

    for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *password = strcmp(word, ">PASSWORD") == 0 ? text_print(">%s", PASSWORD) : NULL;
        put_quoted(out, password ? password : word);
        free(password);
    }
    fclose(out);
    company_say(company, "redis-cli -s %s%s", company->redis->socket, command);
    cr_assert_str_eq(company->said, "OK", "%s: %s", command, company->said);
    free(command);
}

/* As an administrator would, who reads `tributary setup`. */
static void make_users(struct company *company, struct company_system *system)
{
    char *script, *save = NULL;

    cr_assert_eq(agent_command(&system->agent, (const char *const[]){"setup", system->agent.config, NULL}), 0,
                 "%s", agent_log(&system->agent));
    script = text_print("%s", agent_output(&system->agent));
    for (char *line = strtok_r(script, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *command = strstr(line, "ACL SETUSER ");
        if (command)
            make_user(company, command);
    }
    free(script);
}

static void make_consumer(struct company *company)
{
    company->consumer =
        text_print("REDIS=redis-cli -s %s --user tributary-reader --pass %s --no-auth-warning",
                   company->redis->socket, PASSWORD);
    company->url = text_print("redis://tributary-reader:%s@127.0.0.1:%u/0", PASSWORD, company->redis->port);
}

const char *company_url(const struct company *company)
{
    return company->url;
}

static bool streams(void *ctx)
{
    struct company_system *system = ctx;

    if (!agent_runs(&system->agent))
        fail("%s ended\n%s", system->name, agent_log(&system->agent));
    return agent_log_contains(&system->agent, "streaming from") &&
           agent_log_contains(&system->agent, "writing to");
}

static void await_streaming(struct company_system *system)
{
    wait_until("the agent streams", streams, system, COMPANY_SOON_MS);
}

void company_open(struct company *company, const char *top, const char *const *names)
{
    memset(company, 0, sizeof *company);
    tempdir_init(&company->dir);
    company->redis = server_redis_start(NULL);
    make_consumer(company);
    for (; *names; names++) {
        if (company->n == COMPANY_SYSTEMS)
            fail("too many systems");
        furnish(company, &company->systems[company->n], *names, top);
        company->n++;
    }
    make_users(company, &company->systems[0]);
    for (size_t i = 0; i < company->n; i++)
        agent_run(&company->systems[i].agent);
    for (size_t i = 0; i < company->n; i++)
        await_streaming(&company->systems[i]);
}

void company_close(struct company *company)
{
    for (size_t i = 0; i < company->n; i++) {
        struct agent *agent = &company->systems[i].agent;
        if (agent->pid && agent_stop(agent))
            fail("%s ended with status %d\n%s", company->systems[i].name, agent->status, agent_log(agent));
    }
    company_clean(company);
}

void company_clean(struct company *company)
{
    for (size_t i = 0; i < company->n; i++) {
        struct company_system *system = &company->systems[i];
        agent_fini(&system->agent);
        free(system->database);
        free(system->connector);
        free(system->config);
    }
    server_redis_stop(company->redis);
    server_postgresql_stop(company->pg);
    server_mariadb_stop(company->maria);
    tempdir_fini(&company->dir);
    free(company->consumer);
    free(company->url);
    free(company->said);
    memset(company, 0, sizeof *company);
}

struct company_system *company_system(struct company *company, const char *name)
{
    for (size_t i = 0; i < company->n; i++) {
        if (strcmp(company->systems[i].name, name) == 0)
            return &company->systems[i];
    }
    fail("there is no system %s", name);
}

void company_run(struct company *company, const char *name)
{
    struct agent *agent = &company_system(company, name)->agent;

    agent_log_clear(agent);
    agent_run(agent);
    await_streaming(company_system(company, name));
}

void company_standby(struct company *company, const char *name, struct agent *standby)
{
    agent_init(standby);
    agent_start(standby, company_system(company, name)->config);
    agent_wait_log(standby, "waiting for its lease", COMPANY_SOON_MS);
}

/* The client program takes a while to start: the server says what time it is. */
static int64_t mariadb_sql(struct company *company, const struct company_system *system, const char *sql)
{
    char *timed = text_print("SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS UNSIGNED); %s", sql);
    int64_t at = strtoll(server_mariadb_query(company->maria, system->database, timed), NULL, 10);

    free(timed);
    return at;
}

int64_t company_sql(struct company *company, const char *name, const char *fmt, ...)
{
    const struct company_system *system = company_system(company, name);
    int64_t at;
    va_list args;
    char *sql;

    va_start(args, fmt);
    sql = text_vprint(fmt, args);
    va_end(args);
    if (system->mysql) {
        at = mariadb_sql(company, system, sql);
    } else {
        at = cdc_wall_us();
        server_postgresql_sql(company->pg, system->database, sql);
    }
    free(sql);
    return at;
}

const char *company_query(struct company *company, const char *name, const char *sql)
{
    const struct company_system *system = company_system(company, name);

    return system->mysql ? server_mariadb_query(company->maria, system->database, sql)
                         : server_postgresql_query(company->pg, system->database, sql);
}

const char *company_say(struct company *company, const char *fmt, ...)
{
    char *out = tempdir_path(&company->dir, "said"), *command, *script;
    va_list args;
    pid_t pid;

    va_start(args, fmt);
    command = text_vprint(fmt, args);
    va_end(args);
    script = text_print("cd '%s' && %s", TEST_TREE, command);
    remove(out);
    pid = process_start((const char *const[]){"sh", "-c", script, NULL},
                        &(struct process_options){
                            .output = out, .environment = (const char *const[]){company->consumer, NULL}});
    company->status = process_wait(pid, COMMAND_MS);
    if (company->status < 0) {
        process_end(pid, 9, 0);
        fail("does not end: %s", command);
    }
    free(company->said);
    company->said = process_read_file(out);
    for (size_t len = strlen(company->said); len && company->said[len - 1] == '\n'; len--)
        company->said[len - 1] = '\0';
    free(script);
    free(command);
    free(out);
    return company->said;
}

void company_expect(struct company *company, const char *command, const char *output)
{
    const char *said = company_say(company, "%s", command);

    cr_assert_str_eq(said, output, "%s\n    says: %s\nnot this: %s", command, said, output);
}

struct awaited {
    struct company *company;
    const char *command, *answer;
    char *said;
};

static void check_agents(struct company *company)
{
    for (size_t i = 0; i < company->n; i++) {
        struct agent *agent = &company->systems[i].agent;
        if (agent->pid && !agent_runs(agent))
            fail("%s ended\n%s", company->systems[i].name, agent_log(agent));
    }
}

static bool answers(void *ctx)
{
    struct awaited *awaited = ctx;

    free(awaited->said);
    awaited->said = text_print("%s", server_redis_text(awaited->company->redis, awaited->command));
    check_agents(awaited->company);
    return strcmp(awaited->said, awaited->answer) == 0;
}

void company_await(struct company *company, const char *command, const char *answer)
{
    struct awaited awaited = {company, command, answer, NULL};

    if (!wait_for(answers, &awaited, COMPANY_SOON_MS))
        fail("%s\nstill says: %s\n  not this: %s", command, awaited.said, answer);
    free(awaited.said);
}
