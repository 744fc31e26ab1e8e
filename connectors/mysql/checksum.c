/*
 * CRC-32 (checksum.h). Called for each event on the source thread: zlib's own takes a third of the decoder's time, so where the
 * processor multiplies polynomials (x86-64 with PCLMULQDQ, asked for at run time) they are used, elsewhere zlib. Cannot fail.
 *
 * The message is a polynomial over GF(2); its remainder modulo P = x^32 + … is wanted. A block of 128 bits that stands n bits before
 * the end may be replaced by (upper half * (x^(n+64) mod P)) + (lower half * (x^n mod P)): so 64 bytes at a time are folded onto the
 * next 64, those onto 16, and a rest of less than 16 by shifting. Then 128 bits are left, which Barrett's reduction brings to 32
 * (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009). All bits are reflected.
 */
#include "checksum.h"

#include <zlib.h>

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))
#define LANE    sizeof(__m128i)

/* Two of these constants multiply at once: the first one the low half, the second the high half. */
#define FOLD_64 _mm_set_epi64x(0x1c6e41596, 0x154442bd4) /* over 64 bytes: x^(512-32), x^(512+32) */
#define FOLD_16 _mm_set_epi64x(0x0ccaa009e, 0x1751997d0) /* over 16 bytes: x^(128-32), x^(128+32) */
#define FOLD_8  _mm_set_epi64x(0, 0x163cd6124)           /* x^64 */
#define BARRETT _mm_set_epi64x(0x1f7011641, 0x1db710641) /* x^64 / P, P */

FOLDING static inline __m128i load(const unsigned char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* `lane`, moved on by what the constants say, and what stands there. */
FOLDING static inline __m128i fold(__m128i lane, __m128i constants, __m128i there)
{
    __m128i low = _mm_clmulepi64_si128(lane, constants, 0x00);
    __m128i high = _mm_clmulepi64_si128(lane, constants, 0x11);

    return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

/* 64 bytes and more: four lanes, which do not wait for each other. Moves *at and *len on; at least one block has been read. */
FOLDING static inline __m128i fold_wide(__m128i start, const unsigned char **at, size_t *len)
{
    const unsigned char *p = *at;
    __m128i a = _mm_xor_si128(load(p), start), b = load(p + LANE), c = load(p + 2 * LANE),
            d = load(p + 3 * LANE);

    for (p += 4 * LANE, *len -= 4 * LANE; *len >= 4 * LANE; p += 4 * LANE, *len -= 4 * LANE) {
        a = fold(a, FOLD_64, load(p));
        b = fold(b, FOLD_64, load(p + LANE));
        c = fold(c, FOLD_64, load(p + 2 * LANE));
        d = fold(d, FOLD_64, load(p + 3 * LANE));
    }
    *at = p;
    return fold(fold(fold(a, FOLD_16, b), FOLD_16, c), FOLD_16, d);
}

/*
 * The last 1 to 15 bytes, which end at `end`: `lane` and they are cut into a head of `rest` bytes, with zeros before it, and a tail of
 * 16. Reads 16 bytes before `end`: at least so many are there.
 */
FOLDING static inline __m128i fold_rest(__m128i lane, const unsigned char *end, size_t rest)
{
    static const unsigned char shifts[3 * LANE] = {
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, /* gives zeros */
        0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,  /* */
        128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128};
    __m128i up = load(shifts + rest), down = load(shifts + LANE + rest);
    __m128i head = _mm_shuffle_epi8(lane, up);
    __m128i tail = _mm_blendv_epi8(_mm_shuffle_epi8(lane, down), load(end - LANE), down);

    return fold(head, FOLD_16, tail);
}

FOLDING static inline uint32_t reduce(__m128i lane)
{
    __m128i words = _mm_setr_epi32(-1, 0, -1, 0), quotient;

    lane = _mm_xor_si128(_mm_srli_si128(lane, 8), _mm_clmulepi64_si128(lane, FOLD_16, 0x10));
    lane = _mm_xor_si128(_mm_srli_si128(lane, 4),
                         _mm_clmulepi64_si128(_mm_and_si128(lane, words), FOLD_8, 0x00));
    quotient = _mm_clmulepi64_si128(_mm_and_si128(lane, words), BARRETT, 0x10);
    lane = _mm_xor_si128(lane, _mm_clmulepi64_si128(_mm_and_si128(quotient, words), BARRETT, 0x00));
    return (uint32_t)_mm_extract_epi32(lane, 1);
}

/* At least 16 bytes. */
FOLDING static uint32_t folded(uint32_t sum, const unsigned char *at, size_t len)
{
    __m128i lane = _mm_cvtsi32_si128((int)~sum);

    if (len >= 4 * LANE) {
        lane = fold_wide(lane, &at, &len);
    } else {
        lane = _mm_xor_si128(lane, load(at));
        at += LANE;
        len -= LANE;
    }
    for (; len >= LANE; at += LANE, len -= LANE)
        lane = fold(lane, FOLD_16, load(at));
    if (len)
        lane = fold_rest(lane, at + len, len);
    return ~reduce(lane);
}

uint32_t my_checksum(uint32_t sum, const void *bytes, size_t len)
{
    if (len >= LANE && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"))
        return folded(sum, bytes, len);
    return (uint32_t)crc32_z(sum, bytes, len);
}

#else

uint32_t my_checksum(uint32_t sum, const void *bytes, size_t len)
{
    return (uint32_t)crc32_z(sum, bytes, len);
}

#endif
