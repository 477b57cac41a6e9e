// One kind of batch, run by both ways in turns; the better is the reading.
#pragma once

#include "medium.h"

struct measured {
    enum way way;
    double wall[2], cpu[2]; // ns a packet, by way
    uint64_t packets;
};

// Runs batches for so long, after a warm-up.
struct measured measure(struct medium *medium, void (*batch)(struct medium *), double seconds);

// Prints the better of both ways, and names it.
void measured_print(const struct measured *measured, const char *variant, bool valid, const char *note);
