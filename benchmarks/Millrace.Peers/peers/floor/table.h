// The longest prefix, found in two ways; the table that is faster for the routes at hand is the floor.
#pragma once

#include "../common/routes.h"

enum { NO_ROUTE = 0x7FFF, LONGER = 0x8000, MOST_GROUPS = 0x7FFF };

struct table {
    // DIR-24-8 (Gupta, Lin, McKeown 1998): by the upper 24 bits the next hop, or LONGER and the number of a group.
    uint16_t *by24;
    // Groups of 256 by the lower 8 bits, for /24s that hold longer prefixes.
    uint16_t *groups;
    uint32_t used;

    // By the upper 16 bits: where the /24s of this /16 are in `parts`, times 256, and 255; or one entry for all, and 0. Two loads and no
    // branch; with few routes all of it stays in the second-level cache, where DIR-24-8 misses.
    uint32_t *by16;
    uint16_t *parts;
};

struct table table_make(const struct routes *routes);

static inline uint32_t table_end(const struct table *table, uint32_t entry, uint32_t address)
{
    return __builtin_expect(entry & LONGER, 0) ? table->groups[(entry & ~LONGER) << 8 | (address & 0xFF)] : entry;
}

static inline const uint16_t *table_entry24(const struct table *table, uint32_t address)
{
    return &table->by24[address >> 8];
}

static inline const uint16_t *table_entry16(const struct table *table, uint32_t address)
{
    uint32_t part = table->by16[address >> 16];
    return &table->parts[(part >> 8) + (address >> 8 & part & 0xFF)];
}
