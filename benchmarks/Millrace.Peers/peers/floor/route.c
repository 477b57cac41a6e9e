// F2: the router, checked against a plain search and a plain rewrite, then measured.
#include "workloads.h"

#include "../common/reading.h"
#include "measure.h"
#include "router.h"

enum { WAYS = 8 };

static struct router router;
static struct routes routes;
static uint32_t destinations[TRAFFIC];

// The plainest code: every field anew, the checksum too.
static void expect(uint8_t *frame, uint32_t destination, int next_hop)
{
    uint32_t sum = 0;
    memcpy(frame, router.port.sources, 64);
    memcpy(frame, (uint8_t[]){2, 0, 0, 0, 1, (uint8_t)next_hop, 2, 0, 0, 0, 0, 2}, 12);
    frame[22] = 63;
    frame[24] = frame[25] = 0;
    for (int i = 0; i < 4; i++)
        frame[30 + i] = (uint8_t)(destination >> (24 - 8 * i));
    for (int at = 14; at < 34; at += 2) {
        sum += (uint32_t)(frame[at] << 8 | frame[at + 1]);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    frame[24] = (uint8_t)(~sum >> 8), frame[25] = (uint8_t)~sum;
}

// All packets once: all leave, and as they should. The sum of next hops is what they left with.
static bool all_are_right(void (*batch)(void *), uint64_t *hops)
{
    uint32_t right = 0;
    *hops = 0;
    router.next = 0;
    for (uint32_t first = 0; first < TRAFFIC; first += BATCH) {
        batch(&router);
        for (uint32_t i = 0; i < router.out_count; i++) {
            uint8_t expected[64];
            expect(expected, destinations[first + i], routes_search(&routes, destinations[first + i]));
            right += router.out.length[i] == 64 && memcmp(router.out.data[i], expected, 64) == 0;
            *hops += (uint64_t)router.out.data[i][5] * (first + i + 1);
        }
    }
    return right == TRAFFIC;
}

// Each bit of the IPv4 header flipped in what arrives: nothing leaves.
static bool flips_are_caught(void (*batch)(void *))
{
    uint64_t sent = router.sent, dropped = 0, before = 0;
    for (int i = 0; i < DROPS; i++)
        before += router.dropped[i];
    for (uint32_t bit = 0; bit < 160; bit++) {
        // Checksum and destination are the arrival's, the rest is the frame's.
        struct arrival arrivals[BATCH];
        uint8_t *ip = router.port.sources + 14, flip = (uint8_t)(1 << bit % 8);
        uint32_t byte = bit / 8;
        memcpy(arrivals, router.arrivals, sizeof arrivals);
        for (uint32_t i = 0; i < BATCH; i++) {
            if (byte >= 16)
                ((uint8_t *)&router.arrivals[i].destination)[byte - 16] ^= flip;
            else if (byte == 10 || byte == 11)
                ((uint8_t *)&router.arrivals[i].checksum)[byte - 10] ^= flip;
        }
        ip[byte] ^= flip;
        router.next = 0;
        batch(&router);
        ip[byte] ^= flip;
        memcpy(router.arrivals, arrivals, sizeof arrivals);
    }
    for (int i = 0; i < DROPS; i++)
        dropped += router.dropped[i];
    return router.sent == sent && dropped - before == 160 * BATCH;
}

void run_route(const char *variant, bool quick)
{
    unsigned count = 1;
    sscanf(variant, "routes-%u", &count);
    uint64_t state = SEED, hops = 0;
    routes = routes_make(count, &state);
    routes_draw_traffic(&routes, &state, destinations);
    router_start(&router, &routes, destinations);

    // Scalar ways always, the others where the processor has AVX-512.
    struct way ways[WAYS];
    void (*batches[WAYS])(void *);
    int count_of_ways = vector_ways[0].batch ? 8 : 4;
    for (int i = 0; i < count_of_ways; i++) {
        ways[i] = i < 4 ? scalar_ways[i] : vector_ways[i - 4];
        batches[i] = ways[i].batch;
    }

    bool right = true;
    for (int i = 0; i < count_of_ways; i++)
        right &= all_are_right(batches[i], &hops) && flips_are_caught(batches[i]);
    router.next = 0;
    uint64_t sent = router.sent, packets = router.port.packets;
    struct measured results[WAYS];
    int best = measure_best(batches, count_of_ways, &router, BATCH, quick ? 1.2 : 4, results);
    right &= router.sent - sent == router.port.packets - packets;

    char note[300];
    int length = snprintf(note, sizeof note, "hops=%llx; %s", (unsigned long long)hops, ways[best].name);
    for (int i = 0; i < count_of_ways; i++)
        if (i != best)
            length += snprintf(note + length, sizeof note - (size_t)length, ", %s %.1f", ways[i].name, results[i].cpu);
    print_reading(variant, "ns/packet", results[best].wall, results[best].cpu, right, note);
}
