/*
 * `tributary divergences`: values that should agree and do not, such as two channels' prices of one article, with where
 * each comes from. Reads the open divergences that the store keeps (functions: agreement).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/view.h"
#include "core/json.h"
#include "redis/keys.h"

#include "cdc/clock.h"

#define SHOWN        "999" /* the last that is shown of one entity, from 0 */
#define FIELDS_APART 0x1f

struct listing {
    struct view view;
    const struct options *options;
    struct model *model;
    uint64_t n;
};

struct divergence {
    const char *key; /* of the values that should agree */
    int64_t since_ms;
};

static void print_head(const struct listing *l)
{
    if (!l->options->json && l->n == 0)
        printf("%-27s %-10s %s\n", "SINCE", "ENTITY", "VALUES");
}

/* Fields of one value, with a slash between them. */
static void put_values(struct cdc_slice value)
{
    const char *end = value.ptr + value.len, *apart;

    while (value.len && (apart = memchr(value.ptr, FIELDS_APART, value.len)) != NULL) {
        view_put_text(cdc_slice(value.ptr, (size_t)(apart - value.ptr)));
        putchar('/');
        value = cdc_slice(apart + 1, (size_t)(end - apart - 1));
    }
    view_put_text(value);
}

/* "SKU-1:web:-:GBP:- 12.50, SKU-1:till:-:GBP:- 12.90" */
static void print_line(const char *entity, const char *since, const struct redis_reply *members)
{
    const char *separator = "";

    printf("%-27s %-10s ", since, entity);
    for (size_t i = 0; i + 1 < redis_reply_count(members); i += 2) {
        struct cdc_slice subject = redis_reply_text(redis_reply_at(members, i)),
                         value = redis_reply_text(redis_reply_at(members, i + 1));
        if (subject.len && subject.ptr[0] == '_')
            continue;
        fputs(separator, stdout);
        view_put_text(subject);
        putchar(' ');
        put_values(value);
        separator = ", ";
    }
    putchar('\n');
}

static void print_json(const char *entity, const char *since, const struct redis_reply *members)
{
    struct cdc_buf text = {0};
    bool first = true;

    cdc_buf_puts(&text, "{\"entity\":");
    json_put_string(&text, cdc_slice_str(entity));
    cdc_buf_puts(&text, ",\"since\":");
    json_put_string(&text, cdc_slice_str(since));
    cdc_buf_puts(&text, ",\"values\":{");
    for (size_t i = 0; i + 1 < redis_reply_count(members); i += 2) {
        struct cdc_slice subject = redis_reply_text(redis_reply_at(members, i));
        if (subject.len && subject.ptr[0] == '_')
            continue;
        if (!first)
            cdc_buf_putc(&text, ',');
        first = false;
        json_put_string(&text, subject);
        cdc_buf_putc(&text, ':');
        json_put_string(&text, redis_reply_text(redis_reply_at(members, i + 1)));
    }
    cdc_buf_puts(&text, "}}");
    puts(cdc_buf_str(&text));
    cdc_buf_fini(&text);
}

static int print_divergence(struct listing *l, const char *entity, const struct divergence *d,
                            struct cdc_err *err)
{
    const struct redis_reply *members;
    char since[CDC_TIME_TEXT];

    if (redis_client_call(l->view.client, &members, err, "HGETALL", d->key, (char *)NULL))
        return -1;
    cdc_time_print(d->since_ms * 1000, since);
    print_head(l);
    if (l->options->json)
        print_json(entity, since, members);
    else
        print_line(entity, since, members);
    l->n++;
    return 0;
}

/* Copies them: the replies of further calls replace this one. NULL: no memory. */
static struct divergence *copy_reply(struct listing *l, const struct redis_reply *reply, size_t n)
{
    struct divergence *found = cdc_arena_alloc(&l->view.arena, (n + 1) * sizeof *found);

    for (size_t i = 0; found && i < n; i++) {
        found[i].key = cdc_arena_str(&l->view.arena, redis_reply_text(redis_reply_at(reply, 2 * i)));
        found[i].since_ms = redis_reply_integer(redis_reply_at(reply, 2 * i + 1));
        if (!found[i].key)
            return NULL;
    }
    return found;
}

static int list_entity(struct listing *l, const char *entity, struct cdc_err *err)
{
    const struct redis_reply *reply;
    struct divergence *found;
    struct cdc_buf key = {0};
    size_t n;
    int rc;

    cdc_buf_printf(&key, "%s:divergences:{%s}", l->view.redis.prefix, entity);
    rc = key.failed ? cdc_err_memory(err)
                    : redis_client_call(l->view.client, &reply, err, "ZRANGE", cdc_buf_str(&key), "0", SHOWN,
                                        "WITHSCORES", (char *)NULL);
    cdc_buf_fini(&key);
    if (rc)
        return -1;
    n = redis_reply_count(reply) / 2;
    found = copy_reply(l, reply, n);
    if (!found)
        return cdc_err_memory(err);
    for (size_t i = 0; i < n; i++)
        if (print_divergence(l, entity, &found[i], err))
            return -1;
    return 0;
}

static int list(struct listing *l, struct cdc_err *err)
{
    size_t n = l->options->noperands ? (size_t)l->options->noperands : model_count(l->model);

    for (size_t i = 0; i < n; i++)
        if (list_entity(l, l->options->noperands ? l->options->operands[i] : model_at(l->model, i)->name,
                        err))
            return -1;
    if (l->n == 0 && !l->options->json)
        puts("everything that should agree does");
    return 0;
}

static int divergences_main(const struct options *options)
{
    struct listing l = {.options = options};
    struct cdc_err err = {0};
    int rc;

    if (view_open(&l.view, options, &err))
        return command_fail(&err);
    rc = model_builtin(&l.model, &err);
    if (rc == 0)
        rc = list(&l, &err);
    model_free(l.model);
    view_close(&l.view);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_divergences = {
    .name = "divergences",
    .synopsis = "--redis URL [--prefix P] [--format table|json] [ENTITY…]",
    .summary = "List values that should agree and do not",
    .details = "  --redis URL   or $TRIBUTARY_REDIS\n"
               "  --prefix P    of the keys (cdc)\n"
               "  ENTITY        only these; needed for entities of a model of your own\n\n"
               "Which values must agree: `agree` in the configuration.\n\n"
               "Example:\n  tributary divergences --redis redis://127.0.0.1:6379/0 price\n",
    .allows = "Rpf",
    .most_operands = 64,
    .main = divergences_main,
};
