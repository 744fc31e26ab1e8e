/* Similar names, for hints (nearest.h). */
#include "map/nearest.h"

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static size_t bounded(size_t n)
{
    return n < NEAREST_LEN_MAX ? n : NEAREST_LEN_MAX;
}

/* One row of the distance table at a time: `row[j]` is the distance between a[..i] and b[..j]. */
size_t nearest_distance(struct cdc_slice a, struct cdc_slice b)
{
    size_t row[NEAREST_LEN_MAX + 1], na = bounded(a.len), nb = bounded(b.len);

    for (size_t j = 0; j <= nb; j++)
        row[j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t above = row[j];
            size_t differs = lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]);
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + differs);
            diagonal = above;
        }
    }
    return row[nb];
}

bool nearest_is_close(struct cdc_slice a, size_t distance)
{
    return distance <= (a.len < 4 ? 1 : a.len < 12 ? 2 : 3);
}
