/*
 * `tributary customer`: everything that any system has said of a customer, as one answer. The store's read-only function
 * tributary_customer gives it as JSON; here it is laid out for people. The text is from rows: control characters never
 * reach the terminal.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/view.h"
#include "config/config_diag.h"
#include "config/yaml.h"

#define TIMELINE "100"

static bool is_hidden(const char *name)
{
    return name[0] == '_';
}

static void put_text(const char *text)
{
    view_put_text(cdc_slice_str(text));
}

static const char *text_of(const struct yaml_node *map, const char *name)
{
    const struct yaml_node *node = yaml_child(map, name);

    return node && node->kind == YAML_SCALAR ? node->text : "";
}

static void print_references(const struct yaml_node *answer)
{
    const struct yaml_node *list = yaml_child(answer, "references");
    const char *self = text_of(answer, "customer");

    printf("customer  ");
    put_text(self);
    putchar('\n');
    for (const struct yaml_node *ref = list ? list->first : NULL; ref; ref = ref->next) {
        if (ref->kind != YAML_SCALAR || strcmp(ref->text, self) == 0)
            continue;
        printf("also      ");
        put_text(ref->text);
        putchar('\n');
    }
    if (*text_of(answer, "more_references"))
        puts("          and others");
}

static void print_state(const char *entity, const struct yaml_node *state)
{
    printf("\n%s ", entity);
    put_text(state->key ? state->key->text : "-");
    printf("   (%s, ", text_of(state, "_source"));
    put_text(text_of(state, "_time"));
    puts(")");
    for (const struct yaml_node *field = state->first; field; field = field->next) {
        if (!field->key || field->kind != YAML_SCALAR || is_hidden(field->key->text))
            continue;
        printf("  %-22s ", field->key->text);
        put_text(field->text);
        putchar('\n');
    }
}

static void print_states(const struct yaml_node *answer)
{
    const struct yaml_node *states = yaml_child(answer, "states");

    for (const struct yaml_node *entity = states ? states->first : NULL; entity; entity = entity->next)
        for (const struct yaml_node *state = entity->first; state; state = state->next)
            if (entity->key && state->kind == YAML_MAP)
                print_state(entity->key->text, state);
    if (*text_of(answer, "more_states"))
        puts("\n… and more than can be shown at once");
}

/* "reservation_status: pending -> confirmed", for each field that changed. */
static void print_changes(const struct yaml_node *event)
{
    const struct yaml_node *previous = yaml_child(event, "previous"), *data = yaml_child(event, "data");
    const char *separator = "  ";

    for (const struct yaml_node *was = previous ? previous->first : NULL; was; was = was->next) {
        const struct yaml_node *is = was->key ? yaml_child(data, was->key->text) : NULL;
        if (!was->key || was->kind != YAML_SCALAR)
            continue;
        printf("%s%s: ", separator, was->key->text);
        put_text(yaml_is_null(was) ? "-" : was->text);
        fputs(" -> ", stdout);
        put_text(is && is->kind == YAML_SCALAR ? is->text : "-");
        separator = ", ";
    }
}

static void print_event(const struct yaml_node *event)
{
    const char *time = text_of(event, "time");

    printf("%.10s %.8s  %-24s ", time, strlen(time) > 11 ? time + 11 : "", text_of(event, "type"));
    put_text(text_of(event, "subject"));
    printf("  ");
    put_text(text_of(event, "customer"));
    print_changes(event);
    putchar('\n');
}

static void print_timeline(const struct yaml_node *answer)
{
    const struct yaml_node *timeline = yaml_child(answer, "timeline");

    if (!timeline || !timeline->first)
        return;
    puts("\nwhat happened, the newest first (UTC)");
    for (const struct yaml_node *event = timeline->first; event; event = event->next)
        print_event(event);
}

static bool knows_anything(const struct yaml_node *answer)
{
    const struct yaml_node *states = yaml_child(answer, "states"), *timeline = yaml_child(answer, "timeline"),
                           *references = yaml_child(answer, "references");

    return (states && states->first) || (timeline && timeline->first) || (references && references->n > 1);
}

/* JSON is read as the YAML that it is; a text that cannot be laid out is shown as it came. */
static int print_answer(struct cdc_slice json)
{
    struct cdc_arena arena;
    struct config_diag diag = {0};
    struct yaml_node *answer;

    cdc_arena_init(&arena, 8 * YAML_MAX_BYTES);
    config_diag_init(&diag, "answer");
    if (yaml_read(&answer, &arena, json.ptr, json.len, &diag) || answer->kind != YAML_MAP) {
        view_put_text(json);
        putchar('\n');
    } else if (!knows_anything(answer)) {
        printf("customer  ");
        put_text(text_of(answer, "customer"));
        puts("\nnothing is known of this customer");
    } else {
        print_references(answer);
        print_states(answer);
        print_timeline(answer);
    }
    config_diag_fini(&diag);
    cdc_arena_fini(&arena);
    return ferror(stdout) ? -1 : 0;
}

static int ask(struct view *view, const struct options *options, const struct redis_reply **reply,
               struct cdc_err *err)
{
    struct cdc_buf key = {0}, limit = {0};
    int rc;

    cdc_buf_printf(&key, "%s:links:{customer}:%s", view->redis.prefix, options->operands[0]);
    if (options->limit)
        cdc_buf_printf(&limit, "%" PRIu64, options->limit);
    else
        cdc_buf_puts(&limit, TIMELINE);
    rc = key.failed || limit.failed
             ? cdc_err_memory(err)
             : redis_client_call(view->client, reply, err, "FCALL_RO", "tributary_customer", "1",
                                 cdc_buf_str(&key), cdc_buf_str(&limit), (char *)NULL);
    cdc_buf_fini(&key);
    cdc_buf_fini(&limit);
    if (rc && strstr(err->message, "Function not found"))
        cdc_err_hint(err, "no agent has written to this Redis yet, or the address is another one's");
    return rc;
}

static int customer_main(const struct options *options)
{
    struct view view = {0};
    struct cdc_err err = {0};
    const struct redis_reply *reply;
    int rc;

    if (options->noperands != 1 || !strchr(options->operands[0], ':'))
        return command_usage("customer: a reference, as booking-site:991");
    if (view_open(&view, options, &err))
        return command_fail(&err);
    rc = ask(&view, options, &reply, &err);
    if (rc == 0 && options->json)
        printf("%.*s\n", CDC_ARG(redis_reply_text(reply)));
    else if (rc == 0)
        rc = print_answer(redis_reply_text(reply)) ? cdc_err_set(&err, CDC_ERR_FATAL, "writing the answer")
                                                   : 0;
    view_close(&view);
    return rc ? command_fail(&err) : EXIT_OK;
}

const struct command command_customer = {
    .name = "customer",
    .synopsis = "--redis URL [--prefix P] [--limit N] [--format table|json] REF",
    .summary = "Show everything that any system knows of a customer",
    .details = "  REF             system and id, as booking-site:991\n"
               "  --redis URL     or $TRIBUTARY_REDIS\n"
               "  --prefix P      of the keys (cdc)\n"
               "  --limit N       newest events (100)\n"
               "  --format json   for programs\n\n"
               "Example:\n  tributary customer --redis redis://127.0.0.1:6379/0 booking-site:991\n",
    .allows = "Rplf",
    .most_operands = 1,
    .main = customer_main,
};
