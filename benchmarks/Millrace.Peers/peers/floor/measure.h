#pragma once

#include <stdbool.h>
#include <stdint.h>

struct measured {
    double wall, cpu; // ns a packet
};

// Runs a batch again and again for about `seconds`, in 31 rounds, and takes the median round: a disturbed one does not count.
struct measured measure(void (*batch)(void *), void *state, uint32_t packets, double seconds);

// The same for several ways to do one thing, in turns; the index of the best by processor time.
int measure_best(void (*const *batches)(void *), int ways, void *state, uint32_t packets, double seconds, struct measured *results);
