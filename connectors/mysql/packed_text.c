/*
 * MariaDB's COMPRESSED columns (packed_text.h). Layout (server: Field_longstr::compress):
 *
 *   nothing            the empty text
 *   0 u8, text         not compressed
 *   head u8: method in the upper half (8: zlib), bit 3: without zlib's own header, bits 0 to 2: bytes of the size;
 *   size, big-endian, of the plain text; compressed text
 *
 * Called by the value decoder on the source thread; the size is believed only up to a limit and what deflate can reach.
 */
#include "packed_text.h"

#include "cdc/reader.h"

#include <zlib.h>

#define METHOD_ZLIB 8
#define RATIO_MAX   1100 /* deflate cannot do better than 1032 to 1 */

/* zlib's own memory counts as the arena's. */
static bool inflate_all(struct cdc_slice packed, bool bare, struct cdc_arena *arena, char *out, size_t size)
{
    z_stream z = {.next_in = (Bytef *)packed.ptr,
                  .avail_in = (uInt)packed.len,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)size};
    int rc = inflateInit2(&z, bare ? -MAX_WBITS : MAX_WBITS);
    bool begun = rc == Z_OK;

    if (begun) {
        rc = inflate(&z, Z_FINISH);
        inflateEnd(&z);
    }
    arena->starved = arena->starved || rc == Z_MEM_ERROR;
    return begun && rc == Z_STREAM_END && z.total_out == size;
}

int my_packed_text(struct cdc_slice in, struct cdc_arena *arena, struct cdc_slice *out, const char **why)
{
    struct cdc_reader r = cdc_reader(in.ptr, in.len);
    uint8_t head = in.len ? cdc_read_u8(&r) : 0;
    uint64_t size;
    char *text;

    if (head == 0) {
        *out = cdc_read_slice(&r, cdc_reader_left(&r));
        return 0;
    }
    *why = "malformed compressed value";
    size = cdc_read_be(&r, head & 7);
    if (head >> 4 != METHOD_ZLIB || r.failed || size / RATIO_MAX > in.len)
        return -1;
    *why = "too large to be converted within the memory limit";
    text = size <= MY_PACKED_MAX ? cdc_arena_alloc(arena, (size_t)size) : NULL;
    if (!text)
        return -1;
    *why = "malformed compressed value";
    if (!inflate_all(cdc_read_slice(&r, cdc_reader_left(&r)), head & 8, arena, text, (size_t)size))
        return -1;
    *out = cdc_slice(text, (size_t)size);
    return 0;
}
