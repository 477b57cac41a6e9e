// F1: frames go back to where they came from, with the MAC addresses swapped. L1: its latency.
#include "workloads.h"

#include "../common/latency.h"
#include "../common/reading.h"
#include "measure.h"
#include "port.h"

static struct port port;

INLINE void swap(uint8_t *frame)
{
    uint64_t destination, source; // 8 bytes from 0 and from 6
    memcpy(&destination, frame, 8);
    memcpy(&source, frame + 6, 8);
    uint64_t rest = source & 0xFFFF000000000000u;
    uint64_t first = (source & 0xFFFFFFFFFFFF) | destination << 48, second = (destination & 0xFFFFFFFFFFFF) | rest;
    memcpy(frame, &first, 8);
    memcpy(frame + 6, &second, 8);
}

INLINE void reflect_of(uint32_t batch, uint32_t length)
{
    port_receive(&port, batch, length);
    for (uint32_t i = 0; i < batch; i++)
        swap(port.ring.data[i]);
    port_transmit(&port, &port.ring, batch);
}

static void reflect_64(void *state)
{
    (void)state;
    reflect_of(BATCH, 64);
}

static void reflect_any(void *state)
{
    (void)state;
    reflect_of(port.batch, port.length);
}

static void reflect_small(void *state)
{
    (void)state;
    reflect_of(port.batch, 64);
}

static bool reflect_once(void *state)
{
    reflect_64(state);
    return true;
}

// All bytes of as many frames as there are sources; they stay in their buffers when these are free again.
static bool check(void (*batch)(void *))
{
    uint32_t right = 0, seen = 0;
    while (seen < SOURCES) {
        uint64_t first = port.packets;
        batch(NULL);
        for (uint32_t i = 0; i < port.batch; i++, seen++) {
            const uint8_t *sent = port.sources + (first + i) % SOURCES * port.stride, *got = port.ring.data[i];
            right += port.ring.length[i] == port.length && memcmp(got, sent + 6, 6) == 0 && memcmp(got + 6, sent, 6) == 0
                && memcmp(got + 12, sent + 12, port.length - 12) == 0;
        }
    }
    return right == seen;
}

static void start(bool is_cold, uint32_t batch, uint32_t length)
{
    port_start(&port, is_cold, batch, length);
    for (uint32_t i = 0; i < SOURCES; i++) {
        uint8_t *frame = port.sources + i * port.stride;
        memcpy(frame, pattern_at(1000 * i), length);
        frame[0] = frame[6] = 2; // unicast, locally administered
        frame[12] = 8, frame[13] = 0;
    }
}

void run_reflect(const char *variant, bool quick)
{
    unsigned length = 64, batch = BATCH;
    if (sscanf(variant, "size-%u", &length) != 1)
        sscanf(variant, "batch-%u", &batch);
    start(strcmp(variant, "cold") == 0, batch, length);
    void (*reflect)(void *) = length != 64 ? reflect_any : batch == BATCH ? reflect_64 : reflect_small;

    bool right = check(reflect);
    uint64_t bytes = port.bytes, packets = port.packets;
    struct measured measured = measure(reflect, NULL, batch, quick ? 1 : 3);
    right &= port.bytes - bytes == (port.packets - packets) * length && check(reflect);
    print_reading(variant, "ns/packet", measured.wall, measured.cpu, right, "each byte compared before and after");
}

void run_reflect_latency(const char *variant, bool quick)
{
    (void)variant;
    start(false, BATCH, 64);
    bool right = check(reflect_64);
    struct measured measured = measure(reflect_64, NULL, BATCH, 0.5);
    struct latencies seen = latencies_measure(reflect_once, NULL, 2 * BATCH * measured.wall, quick);
    latencies_print(&seen, "f1", right && check(reflect_64));
}
