#include "table.h"

#include "memory.h"

static void fill(uint16_t *entries, uint32_t count, uint32_t next_hop)
{
    for (uint32_t i = 0; i < count; i++)
        entries[i] = (uint16_t)next_hop;
}

static void add(struct table *table, const struct route *route)
{
    uint32_t at = route->prefix >> 8;
    if (route->length <= 24) {
        fill(table->by24 + at, 1u << (24 - route->length), route->next_hop);
        return;
    }
    if (!(table->by24[at] & LONGER)) {
        if (table->used == MOST_GROUPS)
            fail("more than %d /24s with longer prefixes", MOST_GROUPS);
        fill(table->groups + (table->used << 8), 256, table->by24[at]);
        table->by24[at] = (uint16_t)(LONGER | table->used++);
    }
    uint16_t *group = table->groups + ((uint32_t)(table->by24[at] & ~LONGER) << 8);
    fill(group + (route->prefix & 0xFF), 1u << (32 - route->length), route->next_hop);
}

static bool is_uniform(const uint16_t *entries)
{
    for (uint32_t i = 1; i < 256; i++)
        if (entries[i] != entries[0])
            return false;
    return true;
}

// The second table is the first with each /16 that is all one thing made one entry.
static void divide(struct table *table)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < 65536; i++) {
        const uint16_t *entries = table->by24 + (i << 8);
        uint32_t count = is_uniform(entries) ? 1 : 256;
        // Neighbours that are the same share their entry.
        if (count == 1 && i > 0 && (table->by16[i - 1] & 0xFF) == 0 && table->parts[table->by16[i - 1] >> 8] == entries[0]) {
            table->by16[i] = table->by16[i - 1];
            continue;
        }
        memcpy(table->parts + used, entries, count * sizeof *entries);
        table->by16[i] = used << 8 | (count - 1);
        used += count;
    }
}

struct table table_make(const struct routes *routes)
{
    struct table table = {
        .by24 = memory_map(2u << 24),
        .groups = memory_map((size_t)2 * 256 * MOST_GROUPS),
        .by16 = memory_map(4u << 16),
        .parts = memory_map(2u << 24),
    };
    fill(table.by24, 1u << 24, NO_ROUTE);
    // Short ones first, so that a longer prefix overwrites what covers it.
    for (uint32_t length = 0; length <= 32; length++)
        for (uint32_t i = 0; i < routes->count; i++)
            if (routes->all[i].length == length)
                add(&table, &routes->all[i]);
    divide(&table);
    return table;
}
