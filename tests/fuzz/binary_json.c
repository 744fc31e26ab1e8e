/*
 * MySQL's binary JSON and its partial updates: u16 size of the document, the document, and changes to it. Must neither crash nor
 * print more than the limit.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mysql/binary_json.h"
#include "mysql/json_diff.h"

#define OUTPUT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cdc_buf out = {.limit = OUTPUT_MAX};
    struct cdc_slice document, changes;
    struct cdc_arena arena;
    size_t n;

    if (size < 2)
        return 0;
    n = (size_t)data[0] | (size_t)data[1] << 8;
    if (n > size - 2)
        n = size - 2;
    document = cdc_slice((const char *)data + 2, n);
    changes = cdc_slice((const char *)data + 2 + n, size - 2 - n);
    cdc_arena_init(&arena, OUTPUT_MAX);
    if (my_json_print_document(document, &out) && out.failed)
        abort();
    cdc_buf_reset(&out);
    if (my_json_diff_print(document, changes, &arena, &out) && out.failed)
        abort();
    cdc_arena_fini(&arena);
    cdc_buf_fini(&out);
    return 0;
}
