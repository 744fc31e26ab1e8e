/*
 * Partial JSON updates (json_diff.h). Layout of the changes (server: Json_diff::write_binary), one after the other:
 *
 *   operation u8 (0 replace, 1 insert, 2 remove), path: length-encoded string, then unless removing: document: length-encoded string
 *
 * Only the containers on a path are turned into trees; the rest stays the bytes of its document. Called by the value decoder on the
 * source thread; memory is the arena's.
 */
#include "json_diff.h"

#include "binary_json.h"
#include "lenenc.h"

#include <ctype.h>

enum diff_operation { DIFF_REPLACE, DIFF_INSERT, DIFF_REMOVE };

/* A value: a view into a document until it is opened, then a list of members. */
struct tree {
    struct my_json view;
    bool open;
    uint32_t n, cap;
    struct member *members;
};

struct member {
    struct cdc_slice key;
    struct tree value;
};

/* One step of a path: a key, or a place in an array. */
struct leg {
    bool is_key;
    struct cdc_slice key;
    uint64_t index;
};

static bool open_tree(struct tree *tree, struct cdc_arena *arena)
{
    if (tree->open)
        return true;
    if (tree->view.kind == MY_JSON_SCALAR)
        return false;
    tree->cap = tree->view.count + 4;
    if (tree->view.count > tree->view.data.len ||
        !(tree->members = cdc_arena_alloc(arena, tree->cap * sizeof *tree->members)))
        return false;
    for (tree->n = 0; tree->n < tree->view.count; tree->n++) {
        struct member *m = &tree->members[tree->n];

        *m = (struct member){.key = {NULL, 0}};
        if (!my_json_child(&tree->view, tree->n, &m->key, &m->value.view))
            return false;
    }
    tree->open = true;
    return true;
}

static bool insert_member(struct tree *tree, uint32_t at, struct member member, struct cdc_arena *arena)
{
    if (tree->n == tree->cap) {
        uint32_t cap = tree->cap * 2;
        struct member *grown = cdc_arena_alloc(arena, cap * sizeof *grown);

        if (!grown)
            return false;
        memcpy(grown, tree->members, tree->n * sizeof *grown);
        tree->members = grown;
        tree->cap = cap;
    }
    memmove(tree->members + at + 1, tree->members + at, (tree->n - at) * sizeof *tree->members);
    tree->members[at] = member;
    tree->n++;
    return true;
}

/* Members of an object stand in order of length, then bytes. */
static int compare_keys(struct cdc_slice a, struct cdc_slice b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.ptr, b.ptr, a.len) : 0;
}

/* Where the leg points to in an open tree; *found false: where a new member would stand. */
static bool find_member(const struct tree *tree, const struct leg *leg, uint32_t *at, bool *found)
{
    bool object = tree->view.kind == MY_JSON_OBJECT;

    if (leg->is_key != object)
        return false;
    if (!object) {
        *found = leg->index < tree->n;
        *at = *found ? (uint32_t)leg->index : tree->n;
        return true;
    }
    for (*at = 0; *at < tree->n; ++*at) {
        int c = compare_keys(tree->members[*at].key, leg->key);

        if (c >= 0) {
            *found = c == 0;
            return true;
        }
    }
    *found = false;
    return true;
}

/* Paths: $, then .key, ."key" or [number]. */

static uint32_t hex_escape(const char *at)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++) {
        int c = tolower((unsigned char)at[i]);

        value = value << 4 | (uint32_t)(c >= 'a' ? c - 'a' + 10 : c - '0');
    }
    return value;
}

/* The servers escape control characters only, so that a code of four digits is always one byte. */
static bool unescape(struct cdc_slice *text, char *at)
{
    static const char codes[] = "b\bf\fn\nr\rt\t";
    const char *code = codes;
    char c;

    if (text->len < 2)
        return false;
    c = text->ptr[1];
    if (c == 'u') {
        if (text->len < 6 || hex_escape(text->ptr + 2) > 127)
            return false;
        *at = (char)hex_escape(text->ptr + 2);
        *text = cdc_slice(text->ptr + 6, text->len - 6);
        return true;
    }
    while (*code && *code != c)
        code += 2;
    *at = *code ? code[1] : c;
    *text = cdc_slice(text->ptr + 2, text->len - 2);
    return true;
}

static bool quoted_key(struct cdc_slice *path, struct leg *leg, struct cdc_arena *arena)
{
    char *copy = cdc_arena_alloc(arena, path->len), *at = copy;

    *path = cdc_slice(path->ptr + 1, path->len - 1);
    while (copy && path->len && path->ptr[0] != '"') {
        if (path->ptr[0] == '\\') {
            if (!unescape(path, at++))
                return false;
            continue;
        }
        *at++ = path->ptr[0];
        *path = cdc_slice(path->ptr + 1, path->len - 1);
    }
    if (!copy || !path->len)
        return false;
    *path = cdc_slice(path->ptr + 1, path->len - 1);
    leg->key = cdc_slice(copy, (size_t)(at - copy));
    return true;
}

static void plain_key(struct cdc_slice *path, struct leg *leg)
{
    size_t n = 0;

    while (n < path->len && path->ptr[n] != '.' && path->ptr[n] != '[')
        n++;
    leg->key = cdc_slice(path->ptr, n);
    *path = cdc_slice(path->ptr + n, path->len - n);
}

static bool array_index(struct cdc_slice *path, struct leg *leg)
{
    size_t n = 1;

    leg->index = 0;
    for (; n < path->len && isdigit((unsigned char)path->ptr[n]) && n < 12; n++)
        leg->index = leg->index * 10 + (uint64_t)(path->ptr[n] - '0');
    if (n == 1 || n == path->len || path->ptr[n] != ']')
        return false;
    *path = cdc_slice(path->ptr + n + 1, path->len - n - 1);
    return true;
}

static bool next_leg(struct cdc_slice *path, struct leg *leg, struct cdc_arena *arena)
{
    *leg = (struct leg){.is_key = path->ptr[0] == '.'};
    if (path->ptr[0] == '[')
        return array_index(path, leg);
    if (!leg->is_key || path->len < 2)
        return false;
    *path = cdc_slice(path->ptr + 1, path->len - 1);
    if (path->ptr[0] == '"')
        return quoted_key(path, leg, arena);
    plain_key(path, leg);
    return true;
}

struct diff {
    uint8_t operation;
    struct cdc_slice path;
    struct tree value;
};

static bool change_member(struct tree *parent, const struct leg *leg, const struct diff *diff,
                          struct cdc_arena *arena)
{
    uint32_t at;
    bool found;

    if (!find_member(parent, leg, &at, &found))
        return false;
    switch (diff->operation) {
    case DIFF_INSERT:
        if (found && parent->view.kind == MY_JSON_OBJECT)
            return false;
        return insert_member(parent, at, (struct member){leg->key, diff->value}, arena);
    case DIFF_REPLACE:
        if (found)
            parent->members[at].value = diff->value;
        return found;
    default:
        if (found) {
            parent->n--;
            memmove(parent->members + at, parent->members + at + 1,
                    (parent->n - at) * sizeof *parent->members);
        }
        return found;
    }
}

static bool apply(struct tree *root, struct diff *diff, struct cdc_arena *arena)
{
    struct tree *tree = root;
    struct leg leg;
    uint32_t at;
    bool found;

    if (!diff->path.len || diff->path.ptr[0] != '$')
        return false;
    diff->path = cdc_slice(diff->path.ptr + 1, diff->path.len - 1);
    if (!diff->path.len) {
        *root = diff->value;
        return diff->operation == DIFF_REPLACE;
    }
    for (;;) {
        if (!next_leg(&diff->path, &leg, arena) || !open_tree(tree, arena))
            return false;
        if (!diff->path.len)
            return change_member(tree, &leg, diff, arena);
        if (!find_member(tree, &leg, &at, &found) || !found)
            return false;
        tree = &tree->members[at].value;
    }
}

static bool read_diff(struct cdc_reader *r, struct diff *diff)
{
    *diff = (struct diff){.operation = cdc_read_u8(r)};
    diff->path = my_read_lenenc_slice(r);
    if (diff->operation > DIFF_REMOVE || r->failed)
        return false;
    return diff->operation == DIFF_REMOVE || my_json_open(my_read_lenenc_slice(r), &diff->value.view);
}

static bool print_tree(const struct tree *tree, unsigned depth, struct cdc_buf *out)
{
    bool object = tree->view.kind == MY_JSON_OBJECT;

    if (!tree->open)
        return my_json_print(&tree->view, depth, out);
    if (depth >= MY_JSON_DEPTH)
        return false;
    cdc_buf_putc(out, object ? '{' : '[');
    for (uint32_t i = 0; i < tree->n; i++) {
        if (i)
            cdc_buf_put(out, ", ", 2);
        if (object) {
            my_json_put_string(tree->members[i].key, out);
            cdc_buf_put(out, ": ", 2);
        }
        if (!print_tree(&tree->members[i].value, depth + 1, out))
            return false;
    }
    cdc_buf_putc(out, object ? '}' : ']');
    return !out->failed;
}

bool my_json_diff_print(struct cdc_slice base, struct cdc_slice diffs, struct cdc_arena *arena,
                        struct cdc_buf *out)
{
    struct cdc_reader r = cdc_reader(diffs.ptr, diffs.len);
    struct tree root = {.open = false};
    struct diff diff;

    if (!my_json_open(base, &root.view))
        return false;
    while (cdc_reader_left(&r) > 0)
        if (!read_diff(&r, &diff) || r.failed || !apply(&root, &diff, arena))
            return false;
    return print_tree(&root, 0, out);
}
