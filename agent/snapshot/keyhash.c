/* SipHash-2-4 over the entity's name, a NUL and the key (keyhash.h). Pure. */
#include "snapshot/keyhash.h"

#include <sys/random.h>

#include "cdc/clock.h"

struct sip {
    uint64_t v0, v1, v2, v3;
    uint64_t word; /* bytes that do not make eight yet, little end first */
    uint64_t len;  /* of all bytes so far */
};

struct keyhash keyhash_random(void)
{
    struct keyhash seed = {(uint64_t)cdc_wall_us(), (uint64_t)cdc_now_us()};

    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed.k0 ^= (uint64_t)(uintptr_t)&seed;
    return seed;
}

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

static void round_once(struct sip *s)
{
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
}

static void take_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    round_once(s);
    round_once(s);
    s->v0 ^= word;
}

static void take_byte(struct sip *s, unsigned char byte)
{
    s->word |= (uint64_t)byte << (s->len % 8 * 8);
    if (++s->len % 8 == 0) {
        take_word(s, s->word);
        s->word = 0;
    }
}

static void take(struct sip *s, struct cdc_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        take_byte(s, (unsigned char)bytes.ptr[i]);
}

uint64_t keyhash_of(struct keyhash seed, struct cdc_slice entity, struct cdc_slice key)
{
    struct sip s = {
        .v0 = seed.k0 ^ UINT64_C(0x736f6d6570736575),
        .v1 = seed.k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = seed.k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = seed.k1 ^ UINT64_C(0x7465646279746573),
    };
    uint64_t hash;

    take(&s, entity);
    take_byte(&s, 0);
    take(&s, key);
    take_word(&s, s.word | s.len << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; i++)
        round_once(&s);
    hash = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    return hash ? hash : 1;
}
