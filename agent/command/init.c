/* `tributary init`: a first configuration from a live catalogue. Reads no row of any table and changes nothing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/init_guess.h"
#include "command/init_write.h"
#include "command/wiring.h"
#include "config/config_scalar.h"
#include "config/config_source_url.h"
#include "config/config_url.h"
#include "model/model.h"

#define MEMORY_BYTES (16u << 20) /* for the source's buffers, of which none is used here */

struct init {
    struct cdc_source_config source;
    struct cdc_arena arena;
    struct model *model;
    char connector[64], slot[80];
    size_t tables, sure;
};

/* "Shop_2024" as "shop-2024". */
static void name_connector(struct init *init)
{
    const char *from = init->source.database ? init->source.database : "database";
    size_t n = 0;

    for (; *from && n + 1 < sizeof init->connector; from++) {
        char c = *from >= 'A' && *from <= 'Z' ? (char)(*from + 32) : *from;
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (good || (n && init->connector[n - 1] != '-'))
            init->connector[n++] = good ? c : '-';
    }
    while (n && init->connector[n - 1] == '-')
        n--;
    init->connector[n] = '\0';
    if (!n)
        snprintf(init->connector, sizeof init->connector, "database");
}

/* A number that is probably free: 7000 to 7999, by the connector's name. */
static uint32_t name_server_id(const char *connector)
{
    uint32_t sum = 0;

    for (; *connector; connector++)
        sum = sum * 31 + (unsigned char)*connector;
    return 7000 + sum % 1000;
}

static int set_source(struct init *init, const struct options *options, struct cdc_err *err)
{
    const char *wrong = config_source_url_parse(&init->source, options->from, &init->arena);

    if (wrong)
        return cdc_err_set(err, CDC_ERR_CONFIG, "the URL %s", wrong);
    if (!init->source.port)
        init->source.port = init->source.type == CDC_SOURCE_MYSQL ? 3306 : 5432;
    if (!init->source.user)
        init->source.user = "tributary";
    init->source.password = getenv("TRIBUTARY_PASSWORD");
    init->source.timezone = "UTC";
    init->source.heartbeat_ms = 1000;
    name_connector(init);
    snprintf(init->slot, sizeof init->slot, "tributary_%s", init->connector);
    init->source.slot = init->source.publication = init->slot;
    init->source.server_id = name_server_id(init->connector);
    return 0;
}

static int write_table(void *ctx, const struct cdc_found_table *table, struct cdc_err *err)
{
    struct init *init = ctx;
    struct guess guess;
    int rc = guess_table(init->model, table, &init->arena, &guess, err);

    if (rc == 0) {
        init_write_table(table, &guess, init->connector, stdout);
        init->tables++;
        init->sure += guess.sure;
    }
    return rc;
}

/* An administrator looks; the agent is somebody else. */
static void write_head(struct init *init, const char *redis_url)
{
    static const char *const administrators[] = {"postgres", "root", "admin"};
    struct cdc_source_config shown = init->source;
    struct init_head head = {.source = &shown, .connector = init->connector, .redis_url = redis_url};

    for (size_t i = 0; i < sizeof administrators / sizeof *administrators; i++)
        if (strcmp(shown.user, administrators[i]) == 0)
            shown.user = "tributary";
    head.password = init->source.password && shown.user == init->source.user;
    init_write_head(&head, stdout);
}

static int look(struct init *init, const char *redis_url, struct cdc_err *err)
{
    const struct cdc_source_ops *ops = wiring_source_ops(init->source.type);
    struct cdc_source_params params = {
        .connector = init->connector, .config = &init->source, .memory_bytes = MEMORY_BYTES};
    struct cdc_source *source = NULL;
    int rc = ops->open(&source, &params, err);

    if (rc == 0) {
        write_head(init, redis_url);
        rc = ops->find(source, write_table, init, err);
    }
    ops->close(source);
    return rc;
}

static int report(const struct init *init, struct cdc_err *err)
{
    if (fflush(stdout) || ferror(stdout))
        return cdc_err_set(err, CDC_ERR_FATAL, "writing the configuration: %s", strerror(errno));
    fprintf(stderr, "%zu table%s, %zu mapped; the others are comments\n", init->tables,
            init->tables == 1 ? "" : "s", init->sure);
    if (init->sure)
        return 0;
    cdc_err_set(err, CDC_ERR_CONFIG,
                init->tables ? "no table is surely an entity of the model"
                             : "no table was found that the account may see");
    return cdc_err_hint(err, init->tables ? "choose one of the comments, and take the # away"
                                          : "is it the right database, and may the account see its tables?");
}

static int init_main(const struct options *options)
{
    const char *redis_url = options->redis ? options->redis : "redis://127.0.0.1:6379/0";
    struct init init = {.tables = 0};
    struct cdc_err err = {0};
    int rc;

    if (!options->from)
        return command_usage("init: which database? --from postgresql://USER@HOST/DATABASE, or mysql://…");
    if (config_url_has_password(redis_url))
        return command_usage("init: leave the password out of --redis; the file says where it comes from");
    rc = set_source(&init, options, &err);
    if (rc == 0)
        rc = model_builtin(&init.model, &err);
    if (rc == 0)
        rc = look(&init, redis_url, &err);
    if (rc == 0)
        rc = report(&init, &err);
    model_free(init.model);
    cdc_arena_fini(&init.arena);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_init = {
    .name = "init",
    .synopsis = "--from URL [--redis URL]",
    .summary = "Write a first configuration from a database's catalogue",
    .details =
        "  --from URL    postgresql://USER@HOST[:PORT]/DATABASE, mysql://USER@HOST/DATABASE; a socket:\n"
        "                postgresql:///DATABASE?host=FOLDER, mysql:///DATABASE?socket=PATH\n"
        "  --redis URL   what the configuration says of Redis (redis://127.0.0.1:6379/0)\n"
        "A password comes from the environment variable TRIBUTARY_PASSWORD.\n"
        "Tables that surely are an entity of the model are mapped, the others are comments.\n\n"
        "Example:\n  tributary init --from postgresql://postgres@/shop?host=/run/postgresql >shop.yaml\n",
    .allows = "FR",
    .main = init_main,
};
