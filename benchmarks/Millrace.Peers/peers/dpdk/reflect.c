// F1: frames go back to where they came from, with the MAC addresses swapped. L1: its latency.
#include "workloads.h"

#include "../common/latency.h"
#include "../common/reading.h"
#include "measure.h"

#include <immintrin.h>

static void reflect(struct medium *medium)
{
    const __m128i swapped = _mm_setr_epi8(6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15);
    struct rte_mbuf *packets[LARGEST_BATCH];
    uint16_t count = medium_receive(medium, packets);
    for (uint16_t i = 0; i < count; i++) {
        __m128i *header = rte_pktmbuf_mtod(packets[i], __m128i *);
        _mm_storeu_si128(header, _mm_shuffle_epi8(_mm_loadu_si128(header), swapped));
    }
    medium_transmit(medium, packets, count);
}

struct comparison {
    const struct medium *medium;
    uint32_t first, seen, right;
};

static void compare(void *state, struct rte_mbuf **packets, uint16_t count)
{
    struct comparison *comparison = state;
    const struct medium *medium = comparison->medium;
    for (uint16_t i = 0; i < count; i++) {
        const uint8_t *sent = medium->frames + medium->stride * ((comparison->first + comparison->seen++) % FRAMES);
        const uint8_t *got = rte_pktmbuf_mtod(packets[i], const uint8_t *);
        comparison->right += rte_pktmbuf_data_len(packets[i]) == medium->length && memcmp(got, sent + 6, 6) == 0 && memcmp(got + 6, sent, 6) == 0
            && memcmp(got + 12, sent + 12, medium->length - 12) == 0;
    }
}

static bool check(struct medium *medium)
{
    struct comparison comparison = {.medium = medium, .first = medium->next};
    medium->inspect = compare;
    medium->inspector = &comparison;
    for (medium->way = BY_DEVICE; medium->way <= BY_POOL; medium->way++)
        for (uint32_t i = 0; i < FRAMES; i += medium->batch)
            reflect(medium);
    medium->inspect = NULL;
    return comparison.seen >= 2 * FRAMES && comparison.right == comparison.seen;
}

static void start(struct medium *medium, uint32_t length, uint16_t batch, enum order order)
{
    medium_start(medium, length, batch, order);
    for (uint32_t i = 0; i < FRAMES; i++) {
        uint8_t *frame = medium->frames + medium->stride * i;
        memcpy(frame, pattern_at(1000 * i), length);
        frame[0] = frame[6] = 2; // unicast, locally administered
        frame[12] = 8, frame[13] = 0;
    }
}

void run_reflect(const char *variant, bool quick)
{
    static struct medium medium;
    unsigned length = 64, batch = BATCH;
    if (sscanf(variant, "size-%u", &length) != 1)
        sscanf(variant, "batch-%u", &batch);
    start(&medium, length, (uint16_t)batch, strcmp(variant, "cold") == 0 ? FIRST_IN_FIRST_OUT : LAST_IN_FIRST_OUT);

    bool right = check(&medium);
    uint64_t before = medium.transmitted;
    struct measured measured = measure(&medium, reflect, quick ? 1 : 3);
    right &= medium.transmitted - before >= measured.packets && medium.received == medium.transmitted && check(&medium);
    measured_print(&measured, variant, right, "each byte compared before and after");
}

static bool reflect_once(void *medium)
{
    reflect(medium);
    return true;
}

void run_reflect_latency(const char *variant, bool quick)
{
    (void)variant;
    static struct medium medium;
    start(&medium, 64, BATCH, LAST_IN_FIRST_OUT);
    bool right = check(&medium);
    struct measured measured = measure(&medium, reflect, 0.5);
    medium.way = BY_DEVICE;
    struct latencies seen = latencies_measure(reflect_once, &medium, 2 * BATCH * measured.wall[BY_DEVICE], quick);
    right &= check(&medium) && medium.received == medium.transmitted;
    latencies_print(&seen, "f1", right);
}
