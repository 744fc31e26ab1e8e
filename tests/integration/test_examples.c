/* The shipped examples against real servers: the tables beside each can be made, and have every column that is mapped. */
#include <criterion/criterion.h>

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/agent.h"
#include "lib/fail.h"
#include "lib/server_mariadb.h"
#include "lib/server_postgresql.h"
#include "map/map.h"

static struct server_postgresql *pg;
static struct server_mariadb *maria;
static struct agent agent;
static glob_t found;

static void done(void)
{
    server_postgresql_stop(pg);
    server_mariadb_stop(maria);
    globfree(&found);
    agent_fini(&agent);
}

TestSuite(examples, .fini = done, .timeout = 120);

static char *read_file(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = calloc(1, 32768);

    if (!in)
        fail("%s: not there", path);
    cr_assert_lt(fread(text, 1, 32767, in), 32767);
    fclose(in);
    return text;
}

static char *beside(const char *yaml)
{
    char *path = text_print("%.*s.sql", (int)(strlen(yaml) - strlen(".yaml")), yaml), *text = read_file(path);

    free(path);
    return text;
}

static const char *query(const struct config *config, const char *sql)
{
    return config->source.type == CDC_SOURCE_MYSQL
               ? server_mariadb_query(maria, "", sql)
               : server_postgresql_query(pg, config->source.database, sql);
}

static void expect_columns(const struct config *config, const struct cdc_table_ref *table, const char *path)
{
    for (size_t i = 0; i < table->ncolumns; i++) {
        char *sql =
            text_print("SELECT count(*) FROM information_schema.columns WHERE table_schema = '%s' AND "
                       "table_name = '%s' AND column_name = '%s'",
                       table->schema, table->name, table->columns[i]);
        cr_expect_eq(atoi(query(config, sql)), 1, "%s: %s.%s has no column %s", path, table->schema,
                     table->name, table->columns[i]);
        free(sql);
    }
}

static void make_tables(const struct config *config, const char *path)
{
    char *sql = beside(path), *create = text_print("CREATE DATABASE %s;", config->source.database);

    if (config->source.type == CDC_SOURCE_MYSQL) {
        server_mariadb_sql(maria, "", create);
        server_mariadb_sql(maria, config->source.database, sql);
    } else {
        server_postgresql_sql(pg, "postgres", create);
        server_postgresql_sql(pg, config->source.database, sql);
    }
    free(create);
    free(sql);
}

static void check(const char *path)
{
    char *text = read_file(path);
    const struct cdc_table_ref *tables;
    struct config *config;
    struct cdc_err err;
    struct map *map;
    size_t n;

    if (config_parse(&config, path, text, strlen(text), CONFIG_NO_FILES, stderr, &err) ||
        map_new(&map, config, &err))
        fail("%s", err.message);
    make_tables(config, path);
    tables = map_tables(map, &n);
    for (size_t i = 0; i < n; i++)
        expect_columns(config, &tables[i], path);
    map_free(map);
    config_free(config);
    free(text);
}

static void find(void)
{
    char *examples = text_print("%s/conf/examples/*.yaml", TEST_TREE),
         *annotated = text_print("%s/conf/*-*.yaml", TEST_TREE);

    cr_assert_eq(glob(examples, 0, NULL, &found), 0);
    cr_assert_eq(glob(annotated, GLOB_APPEND, NULL, &found), 0);
    cr_assert_geq(found.gl_pathc, 9, "the examples are gone");
    free(annotated);
    free(examples);
}

static const char CREDENTIALS[] = "/etc/tributary/credentials/";

/* Writes a secret for each name that stands behind `mark` and before a brace. */
static void write_secrets(const char *text, const char *mark)
{
    for (const char *at = text; (at = strstr(at, mark)) != NULL;) {
        char *name, *path;

        at += strlen(mark);
        name = text_print("%.*s", (int)strcspn(at, "}"), at);
        path = tempdir_write(&agent.dir, name, "sesame");
        cr_assert_eq(chmod(path, 0600), 0);
        free(path);
        free(name);
    }
}

/* The example as it is, but for the folder of its secrets. */
static void configure(const char *example)
{
    char *text = read_file(example), *at, *folder = tempdir_path(&agent.dir, "");

    write_secrets(text, "${cred:");
    write_secrets(text, CREDENTIALS);
    while ((at = strstr(text, CREDENTIALS)) != NULL) {
        char *moved = text_print("%.*s%s%s", (int)(at - text), text, folder, at + strlen(CREDENTIALS));

        free(text);
        text = moved;
    }
    agent_configure(&agent, text);
    free(folder);
    free(text);
}

Test(examples, check_finds_nothing_wrong_in_them)
{
    find();
    agent_init(&agent);
    setenv("CREDENTIALS_DIRECTORY", agent.dir.path, 1);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        int status;

        configure(found.gl_pathv[i]);
        status = agent_command(
            &agent, (const char *const[]){"check", "--no-connect", "--strict", agent.config, NULL});
        cr_assert_eq(status, 0, "%s: %d\n%s%s", found.gl_pathv[i], status, agent_output(&agent),
                     agent_log(&agent));
        cr_assert(strstr(agent_output(&agent), "0 errors, 0 warnings"), "%s", agent_output(&agent));
    }
}

Test(examples, have_the_tables_that_they_map)
{
    find();
    pg = server_postgresql_start(NULL);
    maria = server_mariadb_start(NULL);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check(found.gl_pathv[i]);
}
