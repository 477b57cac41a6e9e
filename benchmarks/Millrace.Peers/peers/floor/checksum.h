// The Internet checksum (RFC 1071).
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)
#include <immintrin.h>
#endif

// To 16 bits.
static inline uint32_t checksum_fold(uint64_t sum)
{
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint32_t)((sum & 0xFFFF) + (sum >> 16));
}

// The sum of 16-bit words in native order, not folded; a last odd byte is a word with a zero. For less than 64 KiB.
static inline uint64_t checksum_tail(const uint8_t *data, uint32_t length)
{
    uint64_t sum = 0;
    for (; length >= 4; length -= 4, data += 4) {
        uint32_t word;
        memcpy(&word, data, 4);
        sum += word;
    }
    uint32_t last = 0;
    memcpy(&last, data, length);
    return sum + last;
}

#if defined(__AVX512VNNI__) && defined(__AVX512BW__)

// vpdpwssd adds pairs of signed words to lanes of 32 bits: two instructions for 64 bytes. Turning the highest bit of an unsigned
// word makes it the signed one that is 32,768 less, and that is added again at the end.
struct checksum_lanes {
    __m512i sum[2];
};

static inline __m512i checksum_signed(__m512i words)
{
    return _mm512_xor_si512(words, _mm512_set1_epi16((short)0x8000));
}

static inline uint64_t checksum_lanes_end(struct checksum_lanes lanes, uint32_t vectors)
{
    __m512i sum = _mm512_add_epi32(lanes.sum[0], lanes.sum[1]);
    return (uint64_t)((int64_t)_mm512_reduce_add_epi32(sum) + (int64_t)vectors * 32 * 32768);
}

// At most 2 KiB, so that the sum of all lanes fits into 32 signed bits: 32 vectors × 32 words × 2^15.
static inline uint64_t checksum_add_2k(const uint8_t *data, uint32_t length)
{
    const __m512i ones = _mm512_set1_epi16(1);
    struct checksum_lanes lanes = {{_mm512_setzero_si512(), _mm512_setzero_si512()}};
    uint32_t vectors = length / 64, i = 0;
    for (; i + 2 <= vectors; i += 2) {
        lanes.sum[0] = _mm512_dpwssd_epi32(lanes.sum[0], checksum_signed(_mm512_loadu_si512(data + 64 * i)), ones);
        lanes.sum[1] = _mm512_dpwssd_epi32(lanes.sum[1], checksum_signed(_mm512_loadu_si512(data + 64 * i + 64)), ones);
    }
    if (i < vectors)
        lanes.sum[0] = _mm512_dpwssd_epi32(lanes.sum[0], checksum_signed(_mm512_loadu_si512(data + 64 * i)), ones);
    if (length % 64 != 0) {
        // What the mask leaves out is zero, a word like any other.
        __m512i last = _mm512_maskz_loadu_epi8(~0ull >> (64 - length % 64), data + 64 * vectors++);
        lanes.sum[1] = _mm512_dpwssd_epi32(lanes.sum[1], checksum_signed(last), ones);
    }
    return checksum_lanes_end(lanes, vectors);
}

// Copies and adds up in one pass; at most 2 KiB.
static inline uint64_t checksum_copy_2k(uint8_t *restrict to, const uint8_t *restrict from, uint32_t length)
{
    const __m512i ones = _mm512_set1_epi16(1);
    struct checksum_lanes lanes = {{_mm512_setzero_si512(), _mm512_setzero_si512()}};
    uint32_t vectors = length / 64;
    for (uint32_t i = 0; i < vectors; i++) {
        __m512i words = _mm512_loadu_si512(from + 64 * i);
        _mm512_storeu_si512(to + 64 * i, words);
        lanes.sum[i & 1] = _mm512_dpwssd_epi32(lanes.sum[i & 1], checksum_signed(words), ones);
    }
    if (length % 64 != 0) {
        __mmask64 mask = ~0ull >> (64 - length % 64);
        __m512i words = _mm512_maskz_loadu_epi8(mask, from + 64 * vectors);
        _mm512_mask_storeu_epi8(to + 64 * vectors++, mask, words);
        lanes.sum[0] = _mm512_dpwssd_epi32(lanes.sum[0], checksum_signed(words), ones);
    }
    return checksum_lanes_end(lanes, vectors);
}

#else

// gcc makes vectors of this loop: the two halves of each word in lanes of 32 bits.
static inline uint64_t checksum_add_2k(const uint8_t *data, uint32_t length)
{
    uint32_t low = 0, high = 0;
    for (; length >= 4; length -= 4, data += 4) {
        uint32_t word;
        memcpy(&word, data, 4);
        low += word & 0xFFFF;
        high += word >> 16;
    }
    return (uint64_t)low + high + checksum_tail(data, length);
}

static inline uint64_t checksum_copy_2k(uint8_t *restrict to, const uint8_t *restrict from, uint32_t length)
{
    memcpy(to, from, length);
    return checksum_add_2k(to, length);
}

#endif

// Of a header of 20 bytes; 0xFFFF if its checksum is right.
static inline uint32_t checksum_ipv4(const uint8_t *header)
{
    uint64_t first, second;
    uint32_t third;
    memcpy(&first, header, 8);
    memcpy(&second, header + 8, 8);
    memcpy(&third, header + 16, 4);
    // Two carries at most: a sum of 64 bits with its carry added is the same modulo 2^16 - 1.
    uint64_t sum;
    uint64_t carry = __builtin_add_overflow(first, second, &sum);
    carry += __builtin_add_overflow(sum, third, &sum);
    carry = __builtin_add_overflow(sum, carry, &sum);
    return checksum_fold(sum) + (uint32_t)carry;
}
