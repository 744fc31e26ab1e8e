/*
 * Loads a configuration (config.h): text, YAML tree, settings by table, relations between them, model, tables; then it
 * is frozen. Runs on the main thread, at start and for a reload. Every error of the file is collected and printed; the
 * caller gets one that sums them up. Secrets are overwritten wherever they were before memory is given back.
 */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config/config_duties.h"
#include "config/config_file.h"
#include "config/config_mapping.h"
#include "config/config_node.h"
#include "config/config_option.h"
#include "config/config_sentinel.h"

#define ARENA_BYTES ((size_t)32 * 1024 * 1024)

static const char *derived_name(struct config_build *build, const char *connector)
{
    static const char prefix[] = "tributary_";
    size_t size = sizeof prefix + strlen(connector);
    char *name = config_array(build, size, 1);

    if (!name)
        return NULL;
    snprintf(name, size, "%s%s", prefix, connector);
    for (char *at = name; *at; at++)
        if (*at == '-')
            *at = '_';
    return name;
}

/* Slot and publication are named after the connector, as far as PostgreSQL's 63 bytes go. */
static void finish_names(struct config_build *build, const struct yaml_node *root)
{
    struct config *config = build->config;
    const char *name;

    if (!config->connector)
        return;
    if (!config->system)
        config->system = config->connector;
    if (config->source.type != CDC_SOURCE_POSTGRESQL || (config->source.slot && config->source.publication))
        return;
    name = derived_name(build, config->connector);
    if (!name)
        return;
    if (strlen(name) > 63)
        config_diag_node(
            build->diag, yaml_child(root, "connector"),
            "too long to name slot and publication after it: give source.slot and source.publication");
    if (!config->source.slot)
        config->source.slot = name;
    if (!config->source.publication)
        config->source.publication = name;
}

static bool is_local(const char *host)
{
    return *host == '/' || strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

static void finish_source(struct config_build *build, const struct yaml_node *source)
{
    struct cdc_source_config *config = &build->config->source;

    if (!config->port)
        config->port = config->type == CDC_SOURCE_MYSQL ? 3306 : 5432;
    if (config->tls != CDC_TLS_DISABLE)
        return;
    if (config->tls_ca)
        config_diag_key(build->diag, yaml_child(source, "tls_ca"),
                        "\"tls_ca\" means nothing with tls: disable");
    if (config->host && !is_local(config->host))
        config_diag_warning(build->diag, yaml_child(source, "tls"),
                            "password and rows cross the network to %.100s unencrypted",
                            yaml_child(source, "host")->text);
}

static void finish_redis(struct config_build *build, const struct yaml_node *redis)
{
    const struct yaml_node *user = yaml_child(redis, "user"), *password = yaml_child(redis, "password");
    const struct yaml_node *ca = yaml_child(redis, "tls_ca"), *url = yaml_child(redis, "url");

    if (user && build->url_user)
        config_diag_key(build->diag, user, "\"user\" is in the URL already");
    if (password && build->url_password)
        config_diag_key(build->diag, password, "\"password\" is in the URL already");
    if (ca && url && !build->config->redis.tls)
        config_diag_key(build->diag, ca, "\"tls_ca\" needs a URL that starts with rediss://");
    config_sentinel_finish(build, redis);
}

static void finish_limits(struct config_build *build, const struct yaml_node *limits)
{
    const struct config *config = build->config;

    if (config->wal_action == CONFIG_WAL_DROP_SLOT && !config->limit_wal_retained_bytes)
        config_diag_node(build->diag, yaml_child(limits, "wal_action"),
                         "drop_slot needs limits.wal_retained: how much is too much");
}

/* An HMAC hides an e-mail address only as long as nobody can guess the key. */
static void finish_pii(struct config_build *build, const struct yaml_node *pii)
{
    const char *key = build->config->pii_key;

    build->pii_given = yaml_child(pii, "key") != NULL;
    if (key && strlen(key) < 16 && strcmp(key, "***") != 0)
        config_diag_warning(build->diag, yaml_child(pii, "key"),
                            "shorter than 16 bytes: whoever guesses it finds the people behind the hashes");
}

static void load_model(struct config_build *build, const struct yaml_node *root, FILE *diagnostics)
{
    const char *path = build->flags & CONFIG_NO_FILES ? NULL : build->config->model_path;
    struct config_file file;
    struct cdc_err err;
    int rc;

    if (!path) {
        rc = model_builtin(&build->config->model, &err);
    } else {
        rc = config_file_read(&file, path, YAML_MAX_BYTES, &err);
        if (!rc)
            rc = model_parse(&build->config->model, path, file.data, file.len, diagnostics, &err);
        config_file_wipe(&file);
    }
    if (!rc)
        return;
    build->diag->failed |= err.class == CDC_ERR_RETRY;
    build->diag->denied |= err.class == CDC_ERR_DENIED;
    config_diag_node(build->diag, path ? yaml_child(root, "model") : root, "%s", err.message);
}

static void read_version(struct config_build *build, const struct yaml_node *node)
{
    if (node && config_node_is_string(build->diag, node) && strcmp(node->text, "1") != 0)
        config_diag_node(build->diag, node, "\"%.20s\" is not supported: this program reads version 1",
                         node->text);
}

static void read_root(struct config_build *build, struct yaml_node *root, FILE *diagnostics)
{
    const struct yaml_node *tables;

    config_node_unique(build->diag, root);
    if (!config_node_is_map(build->diag, root))
        return;
    read_version(build, yaml_child(root, "version"));
    config_options_read(build, config_root_options, root);
    finish_names(build, root);
    finish_source(build, yaml_child(root, "source"));
    finish_redis(build, yaml_child(root, "redis"));
    finish_limits(build, yaml_child(root, "limits"));
    finish_pii(build, yaml_child(root, "pii"));
    load_model(build, root, diagnostics);
    if (!build->config->model)
        return;
    config_duties_read(build, root);
    tables = yaml_child(root, "tables");
    if (tables)
        config_tables_read(build, tables);
}

static void read_text(struct config_build *build, const char *text, size_t len, FILE *diagnostics)
{
    struct cdc_arena tree;
    struct yaml_node *root;

    cdc_arena_init(&tree, ARENA_BYTES);
    if (yaml_read(&root, &tree, text, len, build->diag) == 0)
        read_root(build, root, diagnostics);
    yaml_wipe(root);
    cdc_arena_fini(&tree);
}

static struct config_owner *new_owner(const char *path)
{
    struct config_owner *owner = calloc(1, sizeof *owner);

    if (!owner)
        return NULL;
    cdc_arena_init(&owner->arena, ARENA_BYTES);
    owner->config.path = cdc_arena_str(&owner->arena, cdc_slice_str(path));
    if (owner->config.path)
        return owner;
    config_free(&owner->config);
    return NULL;
}

int config_parse(struct config **config, const char *path, const char *text, size_t len, unsigned flags,
                 FILE *diagnostics, struct cdc_err *err)
{
    struct config_build build = {.owner = new_owner(path), .flags = flags};
    struct config_diag diag;
    int rc;

    *config = NULL;
    if (!build.owner)
        return cdc_err_memory(err);
    config_diag_init(&diag, path);
    build.config = &build.owner->config;
    build.arena = &build.owner->arena;
    build.diag = &diag;
    read_text(&build, text, len, diagnostics);
    config_diag_print(&diag, diagnostics);
    rc = config_diag_result(&diag, err);
    config_diag_fini(&diag);
    if (rc)
        config_free(build.config);
    else
        *config = build.config;
    return rc;
}

int config_load(struct config **config, const char *path, FILE *diagnostics, struct cdc_err *err)
{
    struct config_file file;
    int rc;

    *config = NULL;
    if (config_file_read(&file, path, YAML_MAX_BYTES, err))
        return cdc_err_wrap(err, "reading the configuration");
    rc = config_parse(config, path, file.data, file.len, file.mode & S_IRWXO ? CONFIG_OTHERS_READ : 0,
                      diagnostics, err);
    config_file_wipe(&file);
    return rc;
}

void config_free(struct config *config)
{
    struct config_owner *owner = (struct config_owner *)config; /* its first member */

    if (!owner)
        return;
    for (struct config_secret *secret = owner->secrets; secret; secret = secret->next)
        explicit_bzero(secret->text, strlen(secret->text));
    model_free(config->model);
    cdc_arena_fini(&owner->arena);
    free(owner);
}
