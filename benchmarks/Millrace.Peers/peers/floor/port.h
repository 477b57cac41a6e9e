// Where packets come from and go to: buffers, and what stands for the NIC.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum {
    SOURCES = 64,      // frames in memory
    LARGEST_BATCH = 256,
    BATCH = 64,
    HOT_BUFFERS = 256,
    COLD_BUFFERS = 4096,
    STRIDE = 2112,     // 33 cache lines: at 2,048 every buffer would begin in the same sets
};

// Packets and where they lie.
struct burst {
    uint8_t *data[LARGEST_BATCH];
    uint32_t length[LARGEST_BATCH];
};

struct port {
    // Buffers that are free: hot, a stack that ends at `top`; cold, a ring that is taken from and given to at `top`.
    uint8_t *free[COLD_BUFFERS];
    uint32_t top;
    bool is_cold;

    uint32_t batch, length, stride;
    uint8_t *sources;
    struct burst ring; // what a NIC writes of packets that it has received
    uint64_t packets, bytes;
};

void port_start(struct port *port, bool is_cold, uint32_t batch, uint32_t length);

// The device is another's: what is written for it is in memory before it looks, and its writes are there for who looks.
#define DEVICE_BOUNDARY() __asm__ volatile("" ::: "memory")

#define INLINE static inline __attribute__((always_inline))

INLINE void port_take(struct port *port, uint8_t **buffers, uint32_t count)
{
    if (port->is_cold)
        memcpy(buffers, port->free + port->top, count * sizeof *buffers);
    else
        memcpy(buffers, port->free + (port->top -= count), count * sizeof *buffers);
}

INLINE void port_give(struct port *port, uint8_t *const *buffers, uint32_t count)
{
    memcpy(port->free + port->top, buffers, count * sizeof *buffers);
    port->top += count;
    if (port->is_cold && port->top == COLD_BUFFERS)
        port->top = 0;
}

// Whole cache lines, as a NIC writes them: both ends are aligned, and there is room up to the next line.
INLINE void copy_lines(uint8_t *restrict to, const uint8_t *restrict from, uint32_t length)
{
    to = __builtin_assume_aligned(to, 64);
    from = __builtin_assume_aligned(from, 64);
    for (uint32_t at = 0; at < length; at += 64)
        memcpy(to + at, from + at, 64);
}

// The NIC's way in: `count` frames from memory into buffers. The batch divides the number of sources, or is a multiple of it.
INLINE void port_receive(struct port *port, uint32_t count, uint32_t length)
{
    port_take(port, port->ring.data, count);
    const uint8_t *source = port->sources + port->packets % SOURCES * port->stride;
    for (uint32_t i = 0; i < count; i++) {
        copy_lines(port->ring.data[i], source + i % SOURCES * port->stride, length);
        port->ring.length[i] = length;
    }
    DEVICE_BOUNDARY();
}

// The NIC's way out: everything is sent, and the buffers come back.
INLINE void port_transmit(struct port *port, const struct burst *burst, uint32_t count)
{
    DEVICE_BOUNDARY();
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < count; i++)
        bytes += burst->length[i];
    port_give(port, burst->data, count);
    port->packets += count;
    port->bytes += bytes;
}
