// F2's router: what it does with a packet, and how it goes through a batch.
#pragma once

#include "port.h"
#include "table.h"

enum { ETHERNET = 14, IPV4 = 20 };

enum drop { BAD_HEADER, BAD_CHECKSUM, NOT_OURS, TTL_EXPIRED, BAD_DESTINATION, SLOW_PATH, WITHOUT_ROUTE, DROPS };

#define IN_MAC 0x010000000002u // 02:00:00:00:00:01, as a number in memory
#define IN_ADDRESS (198u << 24 | 18 << 16 | 254)
#define OUT_ADDRESS (198u << 24 | 19 << 16 | 254)

// What the source knows of a packet: both in network order.
struct arrival {
    uint32_t destination;
    uint16_t checksum, unused;
};

struct router {
    struct port port;
    struct table table;
    struct arrival *arrivals;
    uint32_t next;
    uint8_t macs[GATEWAYS][16]; // destination and source, as they are written
    uint64_t sent;              // of all
    uint64_t dropped[DROPS];
    struct burst out;           // of the last batch, what was sent
    uint32_t out_count;
};

void router_start(struct router *router, const struct routes *routes, const uint32_t *destinations);

// Counts a packet that is not sent, for its reason, and gives its buffer back.
void router_drop(struct router *router, uint8_t *data, uint32_t length);

// Checks, looks up and rewrites packet i of the ring; it becomes out[count], or is dropped. The count afterwards.
uint32_t router_forward_one(struct router *router, uint32_t i, uint32_t count);

// A way to go through a batch. Fused: a packet (or 16) from end to end. Staged: first all checks, with a prefetch of what each will look
// up, then the rest. Each with both tables.
struct way {
    const char *name;
    void (*batch)(void *router);
};

extern const struct way scalar_ways[4];
extern const struct way vector_ways[4]; // 16 packets at once by AVX-512; without it their batch is null

// The NIC's way in: the frame, with the destination and the checksum that goes with it.
INLINE void router_receive(struct router *router)
{
    struct port *port = &router->port;
    port_take(port, port->ring.data, BATCH);
    const struct arrival *arrivals = router->arrivals + router->next;
    for (uint32_t i = 0; i < BATCH; i++) {
        uint8_t *frame = port->ring.data[i];
        memcpy(frame, port->sources, 64);
        memcpy(frame + ETHERNET + 16, &arrivals[i].destination, 4);
        memcpy(frame + ETHERNET + 10, &arrivals[i].checksum, 2);
        port->ring.length[i] = 64;
    }
    router->next = (router->next + BATCH) % TRAFFIC;
    DEVICE_BOUNDARY();
}

// What was sent leaves by the other interface, and the buffers come back.
INLINE void router_transmit(struct router *router, uint32_t count)
{
    port_transmit(&router->port, &router->out, count);
    router->port.packets += BATCH - count;
    router->sent += count;
    router->out_count = count;
}

INLINE const uint16_t *router_entry(const struct router *router, bool is16, uint32_t destination)
{
    return is16 ? table_entry16(&router->table, destination) : table_entry24(&router->table, destination);
}
