/*
 * Well-known binary to well-known text (OpenGIS Simple Features): byte order u8, type u32, then by type points of two doubles, or
 * counted lists of points, of rings, or of whole geometries. Called by the value decoder on the source thread; reads within bounds.
 */
#include "geometry.h"

#include "cdc/reader.h"

#include "number.h"

#define DEPTH_MAX 16
#define ORDER_BIG 0

enum wkb_type {
    WKB_POINT = 1,
    WKB_LINE,
    WKB_POLYGON,
    WKB_MULTI_POINT,
    WKB_MULTI_LINE,
    WKB_MULTI_POLYGON,
    WKB_COLLECTION
};

static const char *const names[] = {NULL,         "POINT",           "LINESTRING",   "POLYGON",
                                    "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"};

struct wkb {
    struct cdc_reader r;
    bool big;
    unsigned depth;
    struct cdc_buf *out;
};

static uint64_t read_int(struct wkb *w, size_t n)
{
    return w->big ? cdc_read_be(&w->r, n) : cdc_read_le(&w->r, n);
}

static void put_double(struct wkb *w)
{
    uint64_t bits = read_int(w, 8);
    char *at = cdc_buf_reserve(w->out, MY_FLOAT_TEXT);
    double value;

    memcpy(&value, &bits, sizeof value);
    if (at)
        w->out->len += my_double_print(value, at);
}

static void put_point(struct wkb *w)
{
    put_double(w);
    cdc_buf_putc(w->out, ' ');
    put_double(w);
}

static void put_points(struct wkb *w)
{
    uint64_t n = read_int(w, 4);

    cdc_buf_putc(w->out, '(');
    for (uint64_t i = 0; i < n && !w->r.failed; i++) {
        if (i)
            cdc_buf_putc(w->out, ',');
        put_point(w);
    }
    cdc_buf_putc(w->out, ')');
}

static void put_rings(struct wkb *w)
{
    uint64_t n = read_int(w, 4);

    cdc_buf_putc(w->out, '(');
    for (uint64_t i = 0; i < n && !w->r.failed; i++) {
        if (i)
            cdc_buf_putc(w->out, ',');
        put_points(w);
    }
    cdc_buf_putc(w->out, ')');
}

static void put_geometry(struct wkb *w, bool named);

static void put_members(struct wkb *w, bool named)
{
    uint64_t n = read_int(w, 4);

    if (n == 0) {
        cdc_buf_puts(w->out, " EMPTY");
        return;
    }
    cdc_buf_putc(w->out, '(');
    for (uint64_t i = 0; i < n && !w->r.failed; i++) {
        if (i)
            cdc_buf_putc(w->out, ',');
        put_geometry(w, named);
    }
    cdc_buf_putc(w->out, ')');
}

static void put_body(struct wkb *w, uint64_t type)
{
    switch (type) {
    case WKB_POINT:
        cdc_buf_putc(w->out, '(');
        put_point(w);
        cdc_buf_putc(w->out, ')');
        break;
    case WKB_LINE:
        put_points(w);
        break;
    case WKB_POLYGON:
        put_rings(w);
        break;
    case WKB_COLLECTION:
        put_members(w, true);
        break;
    default:
        put_members(w, false);
        break;
    }
}

/* Members of a MULTI… leave out their names: the whole says what they are. */
static void put_geometry(struct wkb *w, bool named)
{
    uint64_t type;

    if (w->depth == DEPTH_MAX) {
        w->r.failed = true;
        return;
    }
    w->depth++;
    w->big = cdc_read_u8(&w->r) == ORDER_BIG;
    type = read_int(w, 4);
    if (type < WKB_POINT || type > WKB_COLLECTION) {
        w->r.failed = true;
        return;
    }
    if (named)
        cdc_buf_puts(w->out, names[type]);
    put_body(w, type);
    w->depth--;
}

bool my_geometry_print(struct cdc_slice bytes, struct cdc_buf *out)
{
    struct wkb w = {.r = cdc_reader(bytes.ptr, bytes.len), .out = out};

    cdc_read(&w.r, 4);
    put_geometry(&w, true);
    return !w.r.failed && !out->failed;
}
