/*
 * libyaml's events as a tree (yaml.h). Used by whoever loads a configuration or a model, on its own thread. Depth, size
 * and number of nodes are bounded; errors are collected with their place, and the first syntax error ends the parsing.
 */
#include "config/yaml.h"

#include <stdint.h>
#include <string.h>

#include "config/config_diag.h"

#include <yaml.h>

struct reader {
    struct cdc_arena *arena;
    struct config_diag *diag;
    const char *text;
    size_t len;
    struct yaml_node *root;
    struct yaml_node *in;                          /* the open map or list */
    struct yaml_node *pending[YAML_MAX_DEPTH + 1]; /* by depth: a key whose value comes next */
    unsigned depth;
    size_t nodes, documents;
};

/* libyaml counts from 0, and lines up to 2^64. */
static unsigned from_one(size_t at)
{
    return at < UINT32_MAX ? (unsigned)at + 1 : UINT32_MAX;
}

static int fail(struct reader *r, const yaml_mark_t *mark, const char *what)
{
    config_diag_at(r->diag, from_one(mark->line), from_one(mark->column), "%s", what);
    return -1;
}

static struct yaml_node *new_node(struct reader *r, enum yaml_kind kind, const yaml_event_t *event)
{
    struct yaml_node *node;

    if (++r->nodes > YAML_MAX_NODES) {
        fail(r, &event->start_mark, "more than 65536 values");
        return NULL;
    }
    node = cdc_arena_alloc(r->arena, sizeof *node);
    if (!node) {
        r->diag->failed = true;
        return NULL;
    }
    *node = (struct yaml_node){.kind = kind,
                               .line = from_one(event->start_mark.line),
                               .column = from_one(event->start_mark.column),
                               .up = r->in};
    return node;
}

static void append(struct yaml_node *in, struct yaml_node *node)
{
    if (in->last)
        in->last->next = node;
    else
        in->first = node;
    in->last = node;
    node->index = (unsigned)++in->n;
}

/* Puts a node where the parser stands: as the root, a list's item, a map's key or the value of the key before it. */
static int place(struct reader *r, struct yaml_node *node, const yaml_event_t *event)
{
    if (!r->in) {
        r->root = node;
        return 0;
    }
    if (r->in->kind == YAML_MAP && !r->pending[r->depth]) {
        if (node->kind != YAML_SCALAR)
            return fail(r, &event->start_mark, "a key must be a single word or string");
        r->pending[r->depth] = node;
        return 0;
    }
    if (r->in->kind == YAML_MAP) {
        node->key = r->pending[r->depth];
        r->pending[r->depth] = NULL;
    }
    append(r->in, node);
    return 0;
}

static void refuse_extras(struct reader *r, const yaml_event_t *event, const yaml_char_t *anchor,
                          const yaml_char_t *tag)
{
    if (anchor)
        fail(r, &event->start_mark, "anchors (&name) are not supported");
    if (tag)
        fail(r, &event->start_mark, "tags (!name) are not supported");
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    struct yaml_node *node;

    refuse_extras(r, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (memchr(value, '\0', len))
        return fail(r, &event->start_mark, "a NUL byte in a string");
    node = new_node(r, YAML_SCALAR, event);
    if (!node)
        return -1;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text = cdc_arena_str(r->arena, cdc_slice(value, len));
    if (!node->text) {
        r->diag->failed = true;
        return -1;
    }
    return place(r, node, event);
}

static int on_open(struct reader *r, enum yaml_kind kind, const yaml_event_t *event)
{
    struct yaml_node *node;

    if (r->depth == YAML_MAX_DEPTH)
        return fail(r, &event->start_mark, "nested more than 32 levels deep");
    node = new_node(r, kind, event);
    if (!node || place(r, node, event))
        return -1;
    r->in = node;
    r->pending[++r->depth] = NULL;
    return 0;
}

static void on_close(struct reader *r)
{
    r->in = r->in->up;
    r->depth--;
}

static int on_event(struct reader *r, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return 0;
    case YAML_DOCUMENT_START_EVENT:
        return r->documents++ ? fail(r, &event->start_mark, "only one document in a file") : 0;
    case YAML_ALIAS_EVENT:
        return fail(r, &event->start_mark, "aliases (*name) are not supported");
    case YAML_SCALAR_EVENT:
        return on_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        refuse_extras(r, event, event->data.sequence_start.anchor, event->data.sequence_start.tag);
        return on_open(r, YAML_LIST, event);
    case YAML_MAPPING_START_EVENT:
        refuse_extras(r, event, event->data.mapping_start.anchor, event->data.mapping_start.tag);
        return on_open(r, YAML_MAP, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        on_close(r);
        return 0;
    }
    return 0;
}

/* Errors of libyaml's reader (bad UTF-8, control bytes) come with an offset instead of a place. */
static void report_bad_bytes(struct reader *r, const yaml_parser_t *parser)
{
    unsigned line = 1, column = 1;

    for (size_t i = 0; i < parser->problem_offset && i < r->len; i++) {
        column++;
        if (r->text[i] == '\n') {
            line++;
            column = 1;
        }
    }
    config_diag_at(r->diag, line, column, "%s", parser->problem ? parser->problem : "unreadable");
}

/* The line of the file that a mark is on; empty behind the end. */
static struct cdc_slice line_of(const struct reader *r, const yaml_mark_t *mark)
{
    const char *at = r->text, *end = r->text + r->len, *newline;

    for (size_t line = 0; line < mark->line && at < end; line++) {
        newline = memchr(at, '\n', (size_t)(end - at));
        at = newline ? newline + 1 : end;
    }
    newline = memchr(at, '\n', (size_t)(end - at));
    return cdc_slice(at, (size_t)((newline ? newline : end) - at));
}

/* What people most often trip over. */
static const char *advice(const struct reader *r, const yaml_mark_t *mark)
{
    struct cdc_slice line = line_of(r, mark);

    if (mark->column < line.len && line.ptr[mark->column] == '\t')
        return "; a tab cannot stand here: indent with spaces";
    for (size_t i = 1; i < line.len; i++)
        if (line.ptr[i - 1] == '$' && line.ptr[i] == '{')
            return "; inside { } or [ ] a value with ${...} needs quotes";
    return "";
}

static void report_syntax(struct reader *r, const yaml_parser_t *parser)
{
    const yaml_mark_t *mark = &parser->problem_mark;

    if (parser->error == YAML_MEMORY_ERROR)
        r->diag->failed = true;
    else if (parser->error == YAML_READER_ERROR)
        report_bad_bytes(r, parser);
    else
        config_diag_at(r->diag, from_one(mark->line), from_one(mark->column), "%s%s%s%s%s",
                       parser->problem ? parser->problem : "not valid YAML", parser->context ? " (" : "",
                       parser->context ? parser->context : "", parser->context ? ")" : "", advice(r, mark));
}

static void wipe_event(yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT)
        explicit_bzero(event->data.scalar.value, event->data.scalar.length);
    yaml_event_delete(event);
}

static int read_events(struct reader *r, yaml_parser_t *parser)
{
    yaml_event_t event;
    yaml_event_type_t type;
    int rc;

    do {
        if (!yaml_parser_parse(parser, &event)) {
            report_syntax(r, parser);
            return -1;
        }
        type = event.type;
        rc = on_event(r, &event);
        wipe_event(&event);
    } while (!rc && type != YAML_STREAM_END_EVENT);
    return rc;
}

/* What libyaml read may be a secret; its buffers are overwritten before they are freed. */
static void delete_parser(yaml_parser_t *parser)
{
    if (parser->raw_buffer.start)
        explicit_bzero(parser->raw_buffer.start, (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    if (parser->buffer.start)
        explicit_bzero(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
    yaml_parser_delete(parser);
}

int yaml_read(struct yaml_node **root, struct cdc_arena *arena, const char *text, size_t len,
              struct config_diag *diag)
{
    struct reader r = {.arena = arena, .diag = diag, .text = text, .len = len};
    size_t before = diag->errors;
    yaml_parser_t parser;
    int rc;

    *root = NULL;
    if (len > YAML_MAX_BYTES) {
        config_diag_at(diag, 1, 1, "larger than 1 MiB");
        return -1;
    }
    if (!yaml_parser_initialize(&parser)) {
        diag->failed = true;
        return -1;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    rc = read_events(&r, &parser);
    delete_parser(&parser);
    if (!rc && !r.root)
        config_diag_at(diag, 1, 1, "the file is empty");
    *root = r.root;
    return rc || diag->failed || diag->errors > before ? -1 : 0;
}

void yaml_wipe(struct yaml_node *root)
{
    struct yaml_node *node = root;

    while (node) {
        if (node->text)
            explicit_bzero(node->text, strlen(node->text));
        if (node->key && node->key->text)
            explicit_bzero(node->key->text, strlen(node->key->text));
        if (node->first) {
            node = node->first;
            continue;
        }
        while (node && node != root && !node->next)
            node = node->up;
        node = node && node != root ? node->next : NULL;
    }
}

const struct yaml_node *yaml_child(const struct yaml_node *map, const char *name)
{
    const struct yaml_node *child;

    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (child = map->first; child; child = child->next)
        if (!child->repeated && strcmp(child->key->text, name) == 0)
            return child;
    return NULL;
}

bool yaml_is_word(const struct yaml_node *node, const char *word)
{
    return node->kind == YAML_SCALAR && !node->quoted && strcmp(node->text, word) == 0;
}

bool yaml_is_null(const struct yaml_node *node)
{
    return yaml_is_word(node, "") || yaml_is_word(node, "~") || yaml_is_word(node, "null");
}
