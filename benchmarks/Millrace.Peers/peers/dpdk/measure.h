// One kind of batch, run by both ways in turns; that of the null device is the reading.
#pragma once

#include "medium.h"

struct measured {
    double wall[2], cpu[2]; // ns a packet, by way
    uint64_t packets;
};

// Runs batches for so long, after a warm-up.
struct measured measure(struct medium *medium, void (*batch)(struct medium *), double seconds);

// Prints the reading, with the other way in its note.
void measured_print(const struct measured *measured, const char *variant, bool valid, const char *note);
