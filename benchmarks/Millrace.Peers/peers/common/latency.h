// L1: latency under an open-loop schedule, from the time an operation was due to its completion: waiting for a late
// predecessor counts.
#pragma once

#include "reading.h"

struct latencies {
    uint32_t *nanoseconds;
    uint32_t count;
    double interval;
    bool right;
};

// For two seconds, or half a one, an operation is due each interval (ns).
static inline struct latencies latencies_measure(bool (*operation)(void *), void *state, double interval, bool quick)
{
    uint32_t count = (uint32_t)((quick ? 0.5e9 : 2e9) / interval) + 1;
    struct latencies seen = {malloc(count * sizeof(uint32_t)), count, interval, true};
    if (!seen.nanoseconds)
        fail("no memory for %u latencies", count);
    memset(seen.nanoseconds, 0, count * sizeof(uint32_t)); // no page faults while measuring
    uint64_t start = nanoseconds(CLOCK_MONOTONIC) + 1000;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t due = start + (uint64_t)(i * interval);
        while (nanoseconds(CLOCK_MONOTONIC) < due)
            ;
        seen.right &= operation(state);
        uint64_t late = nanoseconds(CLOCK_MONOTONIC) - due;
        seen.nanoseconds[i] = late > UINT32_MAX ? UINT32_MAX : (uint32_t)late;
    }
    return seen;
}

static inline int latencies_compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static inline void latencies_print(struct latencies *seen, const char *name, bool right)
{
    static const struct {
        const char *name;
        double share;
    } ranks[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1}};
    qsort(seen->nanoseconds, seen->count, sizeof *seen->nanoseconds, latencies_compare);
    char variant[32], note[80];
    snprintf(note, sizeof note, "%u operations, one due every %.0f ns", seen->count, seen->interval);
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        snprintf(variant, sizeof variant, "%s-%s", name, ranks[i].name);
        uint32_t at = (uint32_t)(ranks[i].share * seen->count);
        print_reading(variant, "ns", seen->nanoseconds[at < seen->count ? at : seen->count - 1], 0, right && seen->right, note);
    }
    free(seen->nanoseconds);
}
