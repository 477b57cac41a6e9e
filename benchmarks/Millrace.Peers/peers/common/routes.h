// F2's routes and traffic, by the rule that all systems follow, and the plainest search for the longest prefix.
#pragma once

#include "reading.h"

enum { TRAFFIC = 65536, GATEWAYS = 16 };

struct route {
    uint32_t prefix; // host order
    uint8_t length;
    uint8_t next_hop;
};

struct routes {
    struct route *all;
    uint32_t count;
    uint32_t *index; // hash of prefix and length → place in all + 1; open addressing
    uint32_t mask;
};

static inline uint32_t netmask(uint32_t length)
{
    return length ? ~0u << (32 - length) : 0;
}

static inline bool is_routable(uint32_t address)
{
    uint32_t first = address >> 24;
    return first != 0 && first != 10 && first != 127 && first < 224;
}

// Where a route with this prefix and length is, or belongs.
static inline uint32_t *routes_slot(const struct routes *routes, uint32_t prefix, uint32_t length)
{
    uint32_t at = (prefix + length) * 2654435761u >> 7;
    for (;; at++) {
        uint32_t *slot = &routes->index[at & routes->mask];
        if (*slot == 0 || (routes->all[*slot - 1].prefix == prefix && routes->all[*slot - 1].length == length))
            return slot;
    }
}

static inline uint8_t routes_draw_length(uint64_t drawn)
{
    uint32_t p = (drawn & 0xFFFF) % 1000;
    return (uint8_t)(p < 5 ? 8 + ((drawn >> 16) & 7) : p < 110 ? 16 : p < 330 ? 17 + (drawn >> 16) % 5 : p < 550 ? 22 + ((drawn >> 16) & 1) : 24);
}

static inline struct routes routes_make(uint32_t count, uint64_t *state)
{
    struct routes routes = {calloc(count, sizeof(struct route)), count, NULL, 1};
    while (routes.mask < 2 * count)
        routes.mask = 2 * routes.mask + 1;
    routes.index = calloc(routes.mask + 1, sizeof *routes.index);
    if (!routes.all || !routes.index)
        fail("no memory for %u routes", count);
    for (uint32_t i = 0; i < count;) {
        struct route route = {0, 0, (uint8_t)(i % GATEWAYS)};
        if (count > 1) {
            uint64_t drawn = draw(state);
            route.length = routes_draw_length(drawn);
            route.prefix = (uint32_t)(drawn >> 32) & netmask(route.length);
            if (!is_routable(route.prefix))
                continue;
        }
        uint32_t *slot = routes_slot(&routes, route.prefix, route.length);
        if (*slot)
            continue;
        routes.all[i++] = route;
        *slot = i;
    }
    return routes;
}

// Tries each length, longest first; -1 without a route.
static inline int routes_search(const struct routes *routes, uint32_t address)
{
    for (uint32_t length = 33; length-- > 0;) {
        uint32_t slot = *routes_slot(routes, address & netmask(length), length);
        if (slot)
            return routes->all[slot - 1].next_hop;
    }
    return -1;
}

// Draws the destinations of all packets, host order.
static inline void routes_draw_traffic(const struct routes *routes, uint64_t *state, uint32_t *destinations)
{
    for (uint32_t i = 0; i < TRAFFIC;) {
        uint64_t drawn = draw(state);
        const struct route *route = &routes->all[drawn % routes->count];
        uint32_t address = route->prefix | ((uint32_t)drawn & ~netmask(route->length));
        if (routes->count > 1 || is_routable(address))
            destinations[i++] = address;
    }
}
