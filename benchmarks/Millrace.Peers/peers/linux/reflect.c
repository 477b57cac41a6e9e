// F1: XDP reflects, before there is an sk_buff; out of veth, whose other end counts.
#include "workloads.h"

#include "generator.h"
#include "namespaces.h"

#include <net/if.h>
#include <unistd.h>

static struct packets *packets;

static void packets_make(uint32_t length)
{
    packets->length = length;
    packets->distance = (length + 63) & ~63u;
    packets->last = SOURCES - 1;
    for (int i = 0; i < SOURCES; i++)
        for (uint32_t at = 0; at < length; at++)
            packets->source[(uint32_t)i * packets->distance + at] = at < 6 ? (uint8_t)(at ? at : 2) : at < 12 ? (uint8_t)(0x10 + at + i) & 0xFE : (uint8_t)(at * 31 + i);
}

static bool batch_is_right(unsigned near, unsigned far)
{
    int watcher = watcher_open(far);
    generator_attach("show", far);
    packets->arrived = 0;
    generator_run("reflect", near, SOURCES, SOURCES);
    bool right = true;
    for (int i = 0; i < SOURCES; i++) {
        uint8_t seen[SOURCE_BYTES + 1], expected[SOURCE_BYTES];
        const uint8_t *source = packets->source + (uint32_t)i * packets->distance;
        memcpy(expected, source, packets->length);
        memcpy(expected, source + 6, 6);
        memcpy(expected + 6, source, 6);
        right &= watcher_next(watcher, false, seen, sizeof seen) == (int)packets->length && memcmp(seen, expected, packets->length) == 0;
    }
    close(watcher);
    return right;
}

void run_reflecting(const char *variant, bool quick)
{
    unsigned length = 64, batch = BATCH;
    sscanf(variant, "size-%u", &length);
    sscanf(variant, "batch-%u", &batch);
    if (!namespace_new(variant) || !generator_load(variant, &packets))
        return;
    namespace_set("ipv6/conf/all/disable_ipv6", "1");
    namespace_set("ipv6/conf/default/disable_ipv6", "1");
    namespace_ip("link add near type veth peer name far");
    namespace_ip("link set near up");
    namespace_ip("link set far up");
    unsigned near = if_nametoindex("near"), far = if_nametoindex("far");
    packets_make(length);
    softirq_clock_find();

    bool right = batch_is_right(near, far);
    generator_attach("leave", far);
    uint32_t total = quick ? 4u << 20 : 16u << 20;
    generator_run("reflect", near, total / 8, batch);
    uint64_t before = packets->left;
    struct stopwatch start = kernel_stopwatch_start();
    generator_run("reflect", near, total, batch);
    struct stopwatch elapsed = kernel_stopwatch_elapsed(start);
    right &= packets->left - before == total && batch_is_right(near, far);
    print_reading(variant, "ns/packet", (double)elapsed.wall / total, (double)elapsed.cpu / total, right,
                  "XDP_TX by BPF_PROG_TEST_RUN, before there is an sk_buff; veth's other end drops and counts in XDP");
}
