// The router by 16 packets at once. Whatever is not the usual in any of them is left to the scalar code for all 16.
#include "router.h"

#if defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512VNNI__)

#include <immintrin.h>

enum { GROUP = 16 };

// What the second step needs of 16 packets.
struct group {
    uint32_t destinations[GROUP]; // host order
    uint32_t words[GROUP];        // TTL, protocol and checksum, as they will be
};

// 16 bytes of each of four packets, side by side.
INLINE __m512i four(uint8_t *const *frames, uint32_t offset)
{
    __m512i lanes = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(frames[0] + offset)));
    lanes = _mm512_mask_broadcast_i32x4(lanes, 0x00F0, _mm_loadu_si128((const __m128i *)(frames[4] + offset)));
    lanes = _mm512_mask_broadcast_i32x4(lanes, 0x0F00, _mm_loadu_si128((const __m128i *)(frames[8] + offset)));
    return _mm512_mask_broadcast_i32x4(lanes, 0xF000, _mm_loadu_si128((const __m128i *)(frames[12] + offset)));
}

// Adds pairs of unsigned words to lanes of 32 bits: as signed words 32,768 less each.
INLINE __m512i add_words(__m512i sum, __m512i words)
{
    return _mm512_dpwssd_epi32(sum, _mm512_xor_si512(words, _mm512_set1_epi16((short)0x8000)), _mm512_set1_epi16(1));
}

// Packet 4i + j of the group stands in dword j of lane i after the transpositions, that is in order.
INLINE bool check(uint8_t *const *frames, const uint32_t *lengths, struct group *group)
{
    // Bytes 0 and 1 of the destination MAC; the rest of what is looked at are the 32 bytes from 2 on.
    uint32_t all = 0xFFFF, any = 0;
    for (uint32_t i = 0; i < GROUP; i++) {
        uint16_t first;
        memcpy(&first, frames[i], 2);
        all &= first;
        any |= first;
    }
    const __m512i before = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 8, 0, 0x45, 0, 0, 0));
    const __m512i judged = _mm512_broadcast_i32x4(_mm_setr_epi8(-1, -1, -1, -1, 0, 0, 0, 0, 0, 0, -1, -1, -1, 0, 0, 0));
    __m512i mac[4], ip[4], unlike = _mm512_setzero_si512();
    for (uint32_t i = 0; i < 4; i++) {
        mac[i] = four(frames + i, 2);
        ip[i] = four(frames + i, 18);
        unlike = _mm512_or_si512(unlike, _mm512_and_si512(judged, _mm512_xor_si512(mac[i], before)));
    }
    // The header's first word is the last dword of `mac`; its other four are `ip`, transposed.
    __m512i word0 = _mm512_unpackhi_epi64(_mm512_unpackhi_epi32(mac[0], mac[1]), _mm512_unpackhi_epi32(mac[2], mac[3]));
    __m512i low01 = _mm512_unpacklo_epi32(ip[0], ip[1]), high01 = _mm512_unpackhi_epi32(ip[0], ip[1]);
    __m512i low23 = _mm512_unpacklo_epi32(ip[2], ip[3]), high23 = _mm512_unpackhi_epi32(ip[2], ip[3]);
    __m512i word1 = _mm512_unpacklo_epi64(low01, low23), word2 = _mm512_unpackhi_epi64(low01, low23);
    __m512i word3 = _mm512_unpacklo_epi64(high01, high23), word4 = _mm512_unpackhi_epi64(high01, high23);

    const __m512i low = _mm512_set1_epi32(0xFFFF);
    __m512i sum = _mm512_set1_epi32(5 * 2 * 32768);
    sum = add_words(add_words(add_words(add_words(add_words(sum, word0), word1), word2), word3), word4);
    sum = _mm512_add_epi32(_mm512_and_si512(sum, low), _mm512_srli_epi32(sum, 16));
    sum = _mm512_add_epi32(_mm512_and_si512(sum, low), _mm512_srli_epi32(sum, 16));
    __mmask16 bad = _mm512_cmpneq_epi32_mask(sum, low);

    const __m512i swap = _mm512_broadcast_i32x4(_mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
    __m512i total = _mm512_and_si512(_mm512_shuffle_epi8(word0, swap), low), length = _mm512_loadu_si512(lengths);
    bad |= _mm512_cmplt_epu32_mask(length, _mm512_set1_epi32(ETHERNET + IPV4));
    bad |= _mm512_cmplt_epu32_mask(total, _mm512_set1_epi32(IPV4));
    bad |= _mm512_cmpgt_epu32_mask(_mm512_add_epi32(total, _mm512_set1_epi32(ETHERNET)), length);
    bad |= _mm512_cmple_epu32_mask(_mm512_and_si512(word2, _mm512_set1_epi32(0xFF)), _mm512_set1_epi32(1));
    __m512i destination = _mm512_shuffle_epi8(word4, swap), first = _mm512_srli_epi32(destination, 24);
    bad |= _mm512_cmpge_epu32_mask(_mm512_sub_epi32(first, _mm512_set1_epi32(1)), _mm512_set1_epi32(223));
    bad |= _mm512_cmpeq_epi32_mask(first, _mm512_set1_epi32(127));
    bad |= _mm512_cmpeq_epi32_mask(destination, _mm512_set1_epi32((int)IN_ADDRESS));
    bad |= _mm512_cmpeq_epi32_mask(destination, _mm512_set1_epi32((int)OUT_ADDRESS));
    bad |= _mm512_test_epi32_mask(unlike, unlike);

    // RFC 1624: TTL − 1 in the lowest byte, checksum + 1 in the upper half, with the carry that would leave it at 0xFFFF.
    __m512i word = _mm512_add_epi32(word2, _mm512_set1_epi32(0xFFFF));
    __mmask16 carries = _mm512_cmpge_epu32_mask(word2, _mm512_set1_epi32((int)0xFFFE0000));
    word = _mm512_mask_add_epi32(word, carries, word, _mm512_set1_epi32(0x10000));
    _mm512_storeu_si512(group->words, word);
    _mm512_storeu_si512(group->destinations, destination);
    return (bad | (all ^ 2) | (any ^ 2)) == 0;
}

INLINE void rewrite(const struct router *router, uint8_t *frame, uint32_t next_hop, uint32_t word)
{
    memcpy(frame, router->macs[next_hop], 12);
    memcpy(frame + ETHERNET + 8, &word, 4);
}

// False, and nothing done, if one of them is not the usual.
INLINE bool forward(const struct router *router, uint8_t *const *frames, const struct group *group, const uint16_t *const *entries)
{
    uint32_t next_hops[GROUP], any = 0;
    for (uint32_t i = 0; i < GROUP; i++)
        any |= next_hops[i] = *entries[i];
    if (__builtin_expect(any >= GATEWAYS, 0))
        return false;
    for (uint32_t i = 0; i < GROUP; i++)
        rewrite(router, frames[i], next_hops[i], group->words[i]);
    return true;
}

static __attribute__((noinline, cold)) uint32_t one_by_one(struct router *router, uint32_t at, uint32_t count)
{
    for (uint32_t i = at; i < at + GROUP; i++)
        count = router_forward_one(router, i, count);
    return count;
}

INLINE uint32_t put_group(struct router *router, uint32_t at, uint32_t count)
{
    memcpy(router->out.data + count, router->port.ring.data + at, GROUP * sizeof(uint8_t *));
    memcpy(router->out.length + count, router->port.ring.length + at, GROUP * sizeof(uint32_t));
    return count + GROUP;
}

INLINE void fused(struct router *router, bool is16)
{
    const struct burst *ring = &router->port.ring;
    router_receive(router);
    uint32_t count = 0;
    for (uint32_t at = 0; at < BATCH; at += GROUP) {
        struct group group;
        const uint16_t *entries[GROUP];
        bool usual = check(ring->data + at, ring->length + at, &group);
        for (uint32_t i = 0; i < GROUP; i++)
            entries[i] = router_entry(router, is16, group.destinations[i]);
        usual = usual && forward(router, ring->data + at, &group, entries);
        count = __builtin_expect(usual, 1) ? put_group(router, at, count) : one_by_one(router, at, count);
    }
    router_transmit(router, count);
}

INLINE void staged(struct router *router, bool is16)
{
    const struct burst *ring = &router->port.ring;
    struct group groups[BATCH / GROUP];
    const uint16_t *entries[BATCH];
    bool usual[BATCH / GROUP];
    router_receive(router);
    for (uint32_t at = 0; at < BATCH; at += GROUP) {
        struct group *group = &groups[at / GROUP];
        usual[at / GROUP] = check(ring->data + at, ring->length + at, group);
        for (uint32_t i = 0; i < GROUP; i++)
            __builtin_prefetch(entries[at + i] = router_entry(router, is16, group->destinations[i]));
    }
    uint32_t count = 0;
    for (uint32_t at = 0; at < BATCH; at += GROUP) {
        bool is_usual = usual[at / GROUP] && forward(router, ring->data + at, &groups[at / GROUP], entries + at);
        count = __builtin_expect(is_usual, 1) ? put_group(router, at, count) : one_by_one(router, at, count);
    }
    router_transmit(router, count);
}

static void fused_24(void *router) { fused(router, false); }
static void fused_16(void *router) { fused(router, true); }
static void staged_24(void *router) { staged(router, false); }
static void staged_16(void *router) { staged(router, true); }

const struct way vector_ways[4] = {{"vector fused 24-8", fused_24}, {"vector fused 16-8-8", fused_16}, {"vector staged 24-8", staged_24}, {"vector staged 16-8-8", staged_16}};

#else

const struct way vector_ways[4];

#endif
