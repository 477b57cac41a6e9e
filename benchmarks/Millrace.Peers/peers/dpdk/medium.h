// Frames in memory that come in again and again: copied into mbufs of a pool, which go back when a batch is done.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memcpy.h>

enum { LARGEST_BATCH = 256, BATCH = 64, FRAMES = 64, LONGEST = 1514 };

enum way {
    BY_DEVICE, // rte_eth_rx_burst and rte_eth_tx_burst of two null devices
    BY_POOL,   // the mbufs straight from the pool and back to it
};

enum order { LAST_IN_FIRST_OUT, FIRST_IN_FIRST_OUT };

struct medium {
    enum way way;
    uint16_t in, out, batch; // ports
    uint32_t length, stride, next;
    uint8_t *frames; // FRAMES of them
    struct rte_mempool *pool;
    uint64_t received, transmitted, dropped;
    void (*inspect)(void *state, struct rte_mbuf **packets, uint16_t count); // sees what is sent, while a pass checks
    void *inspector;
};

// Pool, null devices with frames of this length, and the place of the frames, still zero.
void medium_start(struct medium *medium, uint32_t length, uint16_t batch, enum order order);

// A batch of empty frames.
static inline uint16_t medium_fill(struct medium *medium, struct rte_mbuf **packets)
{
    uint16_t count = medium->batch;
    if (medium->way == BY_DEVICE) {
        count = rte_eth_rx_burst(medium->in, 0, packets, count);
    } else if (rte_pktmbuf_alloc_bulk(medium->pool, packets, count) == 0) {
        for (uint16_t i = 0; i < count; i++) {
            packets[i]->data_len = (uint16_t)medium->length;
            packets[i]->pkt_len = medium->length;
            packets[i]->port = medium->in;
        }
    } else {
        count = 0;
    }
    medium->received += count;
    return count;
}

// A batch with the next frames copied in.
static inline uint16_t medium_receive(struct medium *medium, struct rte_mbuf **packets)
{
    uint16_t count = medium_fill(medium, packets);
    uint32_t next = medium->next;
    if (medium->length == 64) // a length known to the compiler
        for (uint16_t i = 0; i < count; i++)
            memcpy(rte_pktmbuf_mtod(packets[i], void *), medium->frames + 64 * ((next + i) % FRAMES), 64);
    else
        for (uint16_t i = 0; i < count; i++)
            rte_memcpy(rte_pktmbuf_mtod(packets[i], void *), medium->frames + medium->stride * ((next + i) % FRAMES), medium->length);
    medium->next = (next + count) % FRAMES;
    return count;
}

static inline void medium_transmit(struct medium *medium, struct rte_mbuf **packets, uint16_t count)
{
    if (unlikely(medium->inspect != NULL))
        medium->inspect(medium->inspector, packets, count);
    if (medium->way == BY_DEVICE)
        count = rte_eth_tx_burst(medium->out, 0, packets, count);
    else
        rte_pktmbuf_free_bulk(packets, count);
    medium->transmitted += count;
}

// Releases what was used up or refused.
static inline void medium_release(struct medium *medium, struct rte_mbuf **packets, uint16_t count)
{
    rte_pktmbuf_free_bulk(packets, count);
    medium->dropped += count;
}
