/*
 * Visibility (pgvisible.h). A snapshot (PostgreSQL documentation, "Transaction ID and Snapshot Information Functions") sees every
 * committed transaction before xmin, none from xmax on, and in between those that are not in the list of what was in progress.
 * Its numbers have 64 bits; the stream's have the lower 32 of them, and belong to the nearest number: the server itself tells old
 * from new that way. What was streamed has been committed, so that need not be asked. No state; any thread.
 */
#include "postgresql/pgvisible.h"

#include <stdint.h>

/* Digits without a zero in front, from *at on; -1 when there are none, or the number is above `most`. */
static int read_number(const char **at, const char *end, uint64_t most, uint64_t *number)
{
    const char *start = *at;
    uint64_t n = 0;

    for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
        uint64_t digit = (uint64_t)(**at - '0');
        if (n > (most - digit) / 10)
            return -1;
        n = n * 10 + digit;
    }
    *number = n;
    return *at == start || (*start == '0' && *at - start > 1) ? -1 : 0;
}

/* The stream's number with its upper half: the one nearest to `near`. 0: none. */
static uint64_t widen(uint32_t xid, uint64_t near)
{
    int32_t ahead = (int32_t)(xid - (uint32_t)near);

    if (ahead < 0 && near < (uint64_t)(-(int64_t)ahead))
        return 0;
    return near + (uint64_t)(int64_t)ahead;
}

bool pgvisible_sees(struct cdc_slice snapshot, const struct cdc_tx *tx)
{
    const char *at = tx->xid.ptr, *end = at + tx->xid.len;
    uint64_t xmin, xmax, running, xid;
    bool in_progress = false;

    if (!tx->xid.len || read_number(&at, end, UINT32_MAX, &xid) || at != end || xid == 0 || !snapshot.len)
        return false;
    at = snapshot.ptr;
    end = at + snapshot.len;
    if (read_number(&at, end, UINT64_MAX, &xmin) || at == end || *at++ != ':' ||
        read_number(&at, end, UINT64_MAX, &xmax) || at == end || *at++ != ':' || xmin > xmax)
        return false;
    xid = widen((uint32_t)xid, xmax);
    while (at < end) {
        if (read_number(&at, end, UINT64_MAX, &running) || (at < end && (*at++ != ',' || at == end)))
            return false;
        in_progress |= running == xid;
    }
    return xid > 0 && xid < xmax && (xid < xmin || !in_progress);
}
