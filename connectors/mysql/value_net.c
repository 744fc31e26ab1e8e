/*
 * UUID and network addresses to text (value_net.h): as the server prints them, but IPv6 as in RFC 5952, where a single group of zeros is
 * not left out. Called by the value decoder on the source thread.
 */
#include "value_net.h"

#include <arpa/inet.h>

#define UUID_BYTES 16
#define UUID_TEXT  36

static size_t print_uuid(const unsigned char *bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 0;

    for (size_t i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[at++] = '-';
        out[at++] = digits[bytes[i] >> 4];
        out[at++] = digits[bytes[i] & 15];
    }
    return at;
}

void my_value_address(enum my_meaning meaning, struct cdc_slice bytes, struct my_value_space *space,
                      struct cdc_value *value)
{
    size_t want = meaning == MY_MEANING_INET4 ? 4 : UUID_BYTES;
    char *out = cdc_arena_alloc(&space->arena, INET6_ADDRSTRLEN > UUID_TEXT ? INET6_ADDRSTRLEN : UUID_TEXT);

    if (!out || bytes.len != want) {
        my_value_invalid(value, "not a value of its type");
        return;
    }
    if (meaning == MY_MEANING_UUID) {
        my_value_set(value, out, print_uuid((const unsigned char *)bytes.ptr, out));
        return;
    }
    inet_ntop(meaning == MY_MEANING_INET4 ? AF_INET : AF_INET6, bytes.ptr, out, INET6_ADDRSTRLEN);
    my_value_set(value, out, strlen(out));
}

void my_value_inet6(struct cdc_slice text, struct my_value_space *space, struct cdc_value *value)
{
    char *copy = cdc_arena_str(&space->arena, text);
    unsigned char bytes[UUID_BYTES];

    if (!copy || inet_pton(AF_INET6, copy, bytes) != 1)
        my_value_invalid(value, "not a value of its type");
    else
        my_value_address(MY_MEANING_INET6, cdc_slice((const char *)bytes, sizeof bytes), space, value);
}
