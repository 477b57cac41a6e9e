// F2's IPv4 router, with the longest prefix from rte_fib or rte_lpm.
#pragma once

#include "medium.h"

#include "../common/routes.h"

enum drop {
    NOT_OURS,     // another MAC, or not IPv4
    BAD_HEADER,   // version, lengths
    BAD_CHECKSUM,
    TTL_EXPIRED,
    BAD_DESTINATION, // 0/8, 127/8, from 224 on
    SLOW_PATH,    // options, or to the router itself
    NO_ROUTE,
    DROPS
};

struct arrival {
    rte_be32_t destination;
    uint16_t checksum;
    uint16_t unused;
};

struct router {
    struct medium medium; // first: a batch is told its medium
    struct rte_fib *fib;  // the one in use, the other is null
    struct rte_lpm *lpm;
    uint8_t macs[GATEWAYS][16]; // destination and source, as they stand in a frame
    uint64_t drops[DROPS];
    uint32_t next_arrival;
    struct arrival *arrivals; // TRAFFIC of them
};

void router_start(struct router *router, const uint32_t *destinations);

// Makes a table of the routes; false if there is no memory.
bool router_load_fib(struct rte_fib **fib, const struct routes *routes);
bool router_load_lpm(struct rte_lpm **lpm, const struct routes *routes);

// Takes a batch in and sends it on.
void router_batch(struct medium *medium);
