/*
 * The decoder of pgoutput messages, and the conversions of what it finds. The first byte chooses the types that values are
 * taken for; the rest is a message. Whatever the bytes are, nothing may be read that is not there, and a value that was
 * converted must be in one piece.
 */
#include "postgresql/pgoutput.h"
#include "postgresql/pgvalue.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint32_t kinds[] = {16, 17, 25, 790, 1184, 1000, 1001, 1007, 1009, 1185, 1231, 3807};

static struct pgoutput_space tuples;

/* Reads every byte, so that the sanitizer sees where a value ends. */
static void touch(const struct cdc_value *value)
{
    volatile unsigned char sum = 0;

    if (value->state != CDC_VALUE_PRESENT && value->state != CDC_VALUE_INVALID)
        return;
    for (uint32_t i = 0; i < value->len; i++)
        sum = (unsigned char)(sum + (unsigned char)value->ptr[i]);
}

static void convert(const struct pgtype *type, struct cdc_value *values, uint16_t n,
                    struct pgvalue_space *space)
{
    struct cdc_err err;

    for (uint16_t i = 0; i < n; i++) {
        if (values[i].state == CDC_VALUE_PRESENT && pgvalue_convert(type, &values[i], space, &err))
            abort();
        touch(&values[i]);
    }
}

static void walk(struct pgoutput_message *m)
{
    if (m->type == PGOUTPUT_RELATION)
        for (unsigned i = 0; i < m->u.relation.ncolumns; i++)
            pgoutput_column_next(&m->u.relation.columns);
    if (m->type == PGOUTPUT_RELATION && m->u.relation.columns.failed)
        abort();
    if (m->type == PGOUTPUT_TRUNCATE)
        for (uint32_t i = 0; i < m->u.truncate.nrelations; i++)
            cdc_read_be32(&m->u.truncate.relations);
    if (m->type == PGOUTPUT_TRUNCATE && m->u.truncate.relations.failed)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pgvalue_space space;
    struct pgoutput_message m;
    struct cdc_err err;
    const struct pgtype *type;

    if (size == 0)
        return 0;
    type = pgtype_builtin(kinds[data[0] % (sizeof kinds / sizeof *kinds)]);
    if (pgoutput_decode(cdc_slice((const char *)data + 1, size - 1), &tuples, &m, &err))
        return 0;
    pgvalue_space_init(&space);
    walk(&m);
    if (m.type == PGOUTPUT_INSERT || m.type == PGOUTPUT_UPDATE || m.type == PGOUTPUT_DELETE) {
        convert(type, tuples.old, m.u.change.nold, &space);
        convert(type, tuples.after, m.u.change.nafter, &space);
    }
    pgvalue_space_fini(&space);
    return 0;
}
