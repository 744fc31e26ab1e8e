/*
 * Variables of a configuration's values (config_secret.h). Expanded after parsing, so that nothing in a secret can
 * change the structure. On the loading thread. A secret lives in one place, the arena, and is overwritten in the end;
 * copies on the way are overwritten at once. Messages name files and variables, never what is in them.
 */
#include "config/config_secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config_file.h"

struct expansion {
    struct config_build *build;
    const struct yaml_node *node;
    char out[CONFIG_SECRET_MAX + 1];
    size_t len;
};

static bool fail(struct expansion *e, const char *what, const char *name)
{
    config_diag_node(e->build->diag, e->node, "${%.200s}: %s", name, what);
    return false;
}

static bool append(struct expansion *e, const char *text, size_t n)
{
    if (n > CONFIG_SECRET_MAX - e->len) {
        config_diag_node(e->build->diag, e->node, "is longer than %d bytes", CONFIG_SECRET_MAX);
        return false;
    }
    memcpy(e->out + e->len, text, n);
    e->len += n;
    return true;
}

static bool append_file(struct expansion *e, const char *name, const struct config_file *file)
{
    size_t n = file->len;

    if (memchr(file->data, '\0', n))
        return fail(e, "has a NUL byte in it", name);
    if (n && file->data[n - 1] == '\n')
        n--;
    if (n && n < file->len && file->data[n - 1] == '\r')
        n--;
    if (!n)
        return fail(e, "is empty", name);
    return append(e, file->data, n);
}

/* `guarded`: the folder keeps others out (systemd's credentials), so the file's own mode does not matter. */
static bool expand_path(struct expansion *e, const char *name, const char *path, bool guarded)
{
    struct config_file file;
    struct cdc_err err;
    bool ok;

    if (e->build->flags & CONFIG_NO_FILES)
        return append(e, "***", 3);
    if (config_file_read(&file, path, CONFIG_SECRET_MAX, &err)) {
        e->build->diag->denied |= err.class == CDC_ERR_DENIED;
        return fail(e, err.message, name);
    }
    if (!guarded && (file.mode & (S_IRWXO | S_IWGRP)))
        ok = fail(e, "others can read or change this file; chmod 640 it (or 600)", name);
    else
        ok = append_file(e, name, &file);
    config_file_wipe(&file);
    return ok;
}

static bool expand_file(struct expansion *e, const char *name, const char *path)
{
    const char *full;

    if (!*path)
        return fail(e, "names no file", name);
    full = config_file_path(e->build->config->path, path, e->build->arena);
    if (full)
        return expand_path(e, name, full, false);
    e->build->diag->failed = true;
    return false;
}

/*
 * Without systemd nothing has loaded the credentials: then the files that the unit would have loaded, in the folder
 * `credentials` beside the configuration NAME.yaml: NAME.ID, or else ID.
 */
static bool expand_unloaded(struct expansion *e, const char *name, const char *id)
{
    const char *config = e->build->config->path, *slash = strrchr(config, '/');
    const char *base = slash ? slash + 1 : config, *dot = strrchr(base, '.');
    int folder = (int)(base - config), stem = (int)(dot ? (size_t)(dot - base) : strlen(base));
    char path[1024];

    if ((size_t)snprintf(path, sizeof path, "%.*scredentials/%.*s.%s", folder, config, stem, base, id) >=
        sizeof path)
        return fail(e, "has too long a path", name);
    if (access(path, F_OK) && errno == ENOENT)
        snprintf(path, sizeof path, "%.*scredentials/%s", folder, config, id);
    if (access(path, F_OK) && errno == ENOENT)
        return fail(
            e,
            "no credentials here: CREDENTIALS_DIRECTORY is not set (systemd's LoadCredential= sets it), and "
            "the folder credentials beside the configuration has no such file",
            name);
    return expand_path(e, name, path, false);
}

static bool expand_credential(struct expansion *e, const char *name, const char *id)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[1024];

    if (!*id || strchr(id, '/') || strcmp(id, ".") == 0 || strcmp(id, "..") == 0)
        return fail(e, "is not the name of a credential", name);
    if (e->build->flags & CONFIG_NO_FILES)
        return append(e, "***", 3);
    if (!folder)
        return expand_unloaded(e, name, id);
    if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, id) >= sizeof path)
        return fail(e, "has too long a path", name);
    return expand_path(e, name, path, true);
}

static bool expand_env(struct expansion *e, const char *name, const char *variable)
{
    const char *value = *variable ? getenv(variable) : NULL;

    if (!value)
        return fail(e, "this environment variable is not set", name);
    if (!*value)
        return fail(e, "this environment variable is empty", name);
    return append(e, value, strlen(value));
}

/* `name` is what stands between the braces. */
static bool expand_one(struct expansion *e, const char *name)
{
    if (strncmp(name, "file:", 5) == 0)
        return expand_file(e, name, name + 5);
    if (strncmp(name, "env:", 4) == 0)
        return expand_env(e, name, name + 4);
    if (strncmp(name, "cred:", 5) == 0)
        return expand_credential(e, name, name + 5);
    return fail(e, "expected ${file:PATH}, ${env:NAME} or ${cred:NAME}; write $${ for a plain ${", name);
}

static bool expand_variable(struct expansion *e, const char **at)
{
    const char *close = strchr(*at, '}');
    char name[512];
    size_t n = close ? (size_t)(close - *at) - 2 : 0;

    if (!close || n >= sizeof name) {
        config_diag_node(e->build->diag, e->node, "a ${ without its }; write $${ for a plain ${");
        return false;
    }
    memcpy(name, *at + 2, n);
    name[n] = '\0';
    *at = close + 1;
    return expand_one(e, name);
}

static bool expand_all(struct expansion *e, bool *expanded)
{
    const char *at = e->node->text;

    while (*at) {
        const char *dollar = strchr(at, '$');
        size_t n = dollar ? (size_t)(dollar - at) : strlen(at);

        if (!append(e, at, n))
            return false;
        at += n;
        if (strncmp(at, "$${", 3) == 0) {
            if (!append(e, "${", 2))
                return false;
            at += 3;
        } else if (strncmp(at, "${", 2) == 0) {
            *expanded = true;
            if (!expand_variable(e, &at))
                return false;
        } else if (*at) {
            if (!append(e, at++, 1))
                return false;
        }
    }
    e->out[e->len] = '\0';
    return true;
}

const char *config_secret_expand(struct config_build *build, const struct yaml_node *node, bool *expanded)
{
    struct expansion e = {.build = build, .node = node};
    char *text = NULL;

    *expanded = false;
    if (expand_all(&e, expanded))
        text = config_copy(build, e.out);
    if (*expanded)
        config_keep_secret(build, text);
    explicit_bzero(e.out, sizeof e.out);
    return text;
}
