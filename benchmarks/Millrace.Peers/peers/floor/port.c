#include "port.h"

#include "memory.h"

void port_start(struct port *port, bool is_cold, uint32_t batch, uint32_t length)
{
    uint32_t buffers = is_cold ? COLD_BUFFERS : HOT_BUFFERS;
    uint8_t *arena = memory_map((size_t)buffers * STRIDE);
    *port = (struct port){.is_cold = is_cold, .batch = batch, .length = length, .stride = (length + 63) & ~63u};
    for (uint32_t i = 0; i < buffers; i++)
        port->free[i] = arena + (size_t)i * STRIDE;
    port->top = is_cold ? 0 : buffers;
    port->sources = memory_map((size_t)SOURCES * port->stride);
}
