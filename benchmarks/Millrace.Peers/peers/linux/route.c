// F2: the kernel routes between two interfaces. At the end of the second a program of tc counts the packet and frees it, which is the transmit completion.
#include "workloads.h"

#include "fib.h"
#include "generator.h"
#include "namespaces.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <unistd.h>

enum { AT_ONCE = 8192, TTL = 22, CHECKSUM = 24, SOURCE = 26, DESTINATION = 30 };

static const uint32_t first_gateway = 0x0A010001; // 10.1.0.1: 10/8 is not part of the traffic

static struct packets *packets;
static uint32_t destinations[TRAFFIC];

static void namespace_route(void)
{
    namespace_ip("link add in address 02:00:00:00:00:01 type veth peer name in-far");
    namespace_ip("link add out address 02:00:00:00:00:02 type veth peer name out-far");
    namespace_ip("addr add 10.0.0.254/24 dev in");
    namespace_ip("addr add 10.1.0.254/24 dev out");
    const char *const settings[] = {"ipv4/ip_forward", "1", "ipv4/conf/all/rp_filter", "0", "ipv4/conf/in/rp_filter", "0", "ipv6/conf/all/disable_ipv6", "1"};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i += 2)
        namespace_set(settings[i], settings[i + 1]);
    const char *const interfaces[] = {"in", "in-far", "out", "out-far"};
    for (int i = 0; i < 4; i++)
        namespace_ip("link set %s up", interfaces[i]);
    for (int gateway = 0; gateway < GATEWAYS; gateway++)
        namespace_ip("neigh add 10.1.0.%d lladdr 02:00:00:00:01:%02x dev out nud permanent", gateway + 1, gateway);
}

static uint16_t header_checksum(const uint8_t *frame)
{
    uint32_t sum = 0;
    for (int at = 14; at < 34; at += 2)
        sum += at == CHECKSUM ? 0 : (uint32_t)(frame[at] << 8 | frame[at + 1]);
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)~((sum & 0xFFFF) + (sum >> 16));
}

static void put16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8), to[1] = (uint8_t)value;
}

// Puts the destination in, and the checksum that goes with it.
static void frame_send_to(uint8_t *frame, uint32_t destination)
{
    put16(frame + DESTINATION, destination >> 16), put16(frame + DESTINATION + 2, destination);
    put16(frame + CHECKSUM, header_checksum(frame));
}

static void packets_make(void)
{
    static const uint8_t start[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 198, 18, 0, 1, 0, 0, 0, 0, 1000 >> 8, 1000 & 255, 2000 >> 8, 2000 & 255, 0, 30};
    uint8_t *frame = packets->source;
    packets->length = packets->distance = 64;
    memcpy(frame, start, sizeof start);
    for (uint32_t i = 0; i < TRAFFIC; i++) {
        frame_send_to(frame, destinations[i]);
        memcpy(&packets->arrivals[i].destination, frame + DESTINATION, 4);
        memcpy(&packets->arrivals[i].checksum, frame + CHECKSUM, 2);
    }
}

// The plainest code: every field anew.
static bool all_are_right(const struct routes *routes, unsigned in, unsigned out)
{
    int watcher = watcher_open(out);
    bool right = true;
    packets->arrived = 0;
    for (uint32_t i = 0; i < TRAFFIC; i++) {
        uint8_t seen[128], expected[64];
        if (i % (AT_ONCE) == 0)
            generator_run("receive_arrival", in, AT_ONCE, BATCH);
        memcpy(expected, packets->source, sizeof expected);
        memcpy(expected, (uint8_t[]){2, 0, 0, 0, 1, (uint8_t)routes_search(routes, destinations[i]), 2, 0, 0, 0, 0, 2}, 12);
        expected[TTL] = 63;
        frame_send_to(expected, destinations[i]);
        right &= watcher_next(watcher, true, seen, sizeof seen) == 64 && memcmp(seen, expected, sizeof expected) == 0;
    }
    uint8_t more[128];
    right &= watcher_next(watcher, true, more, sizeof more) < 0;
    close(watcher);
    return right;
}

// Each of the header's 160 bits flipped in a packet of its own; the destination and the checksum come from the table, so theirs are flipped there.
static bool flips_are_dropped(unsigned in)
{
    uint64_t before = packets->left;
    packets->last = SOURCES - 1;
    for (int first = 0; first < 160; first += 32) {
        for (int i = 1; i < SOURCES; i++)
            memcpy(packets->source + 64 * i, packets->source, 64);
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < 32; i++) {
                int byte = (first + i) / 8;
                uint8_t *flipped = byte >= 16 ? (uint8_t *)&packets->arrivals[i].destination + byte - 16
                    : byte == 10 || byte == 11 ? (uint8_t *)&packets->arrivals[i].checksum + byte - 10
                    : packets->source + 64 * i + HEADER_BYTES + byte;
                *flipped ^= (uint8_t)(1 << (i % 8));
            }
            packets->arrived = 0;
            if (pass == 0)
                generator_run("receive_arrival", in, 32, 32);
        }
    }
    packets->last = 0;
    return packets->left == before;
}

void run_routes(const char *variant, bool quick)
{
    unsigned count = 0;
    sscanf(variant, "routes-%u", &count);
    if (!namespace_new(variant) || !generator_load(variant, &packets))
        return;
    uint64_t state = SEED, hops = 0;
    struct routes routes = routes_make(count, &state);
    routes_draw_traffic(&routes, &state, destinations);
    for (uint32_t i = 0; i < TRAFFIC; i++)
        hops += (uint64_t)routes_search(&routes, destinations[i]) * (i + 1);
    namespace_route();
    unsigned in = if_nametoindex("in"), out = if_nametoindex("out");
    struct stopwatch load = stopwatch_start();
    fib_load(&routes, out, first_gateway);
    load = stopwatch_elapsed(load);
    packets_make();
    softirq_clock_find();

    bool right = all_are_right(&routes, in, out);
    generator_attach_egress("transmit", out);
    right &= flips_are_dropped(in);
    uint32_t total = (quick ? 20 : 80) * TRAFFIC;
    packets->arrived = 0;
    generator_run("receive_arrival", in, total / 10, BATCH);
    uint64_t before = packets->left;
    struct stopwatch start = kernel_stopwatch_start();
    generator_run("receive_arrival", in, total, BATCH);
    struct stopwatch elapsed = kernel_stopwatch_elapsed(start);
    right &= packets->left - before == total;
    generator_detach_egress(out);
    right &= all_are_right(&routes, in, out);
    char note[200];
    snprintf(note, sizeof note, "hops=%llx; ip_forward, an sk_buff a packet; in by BPF_PROG_TEST_RUN in batches of 64, counted and freed at tc egress; routes loaded in %.2f s",
             (unsigned long long)hops, (double)load.wall / 1e9);
    print_reading(variant, "ns/packet", (double)elapsed.wall / total, (double)elapsed.cpu / total, right, note);
}
