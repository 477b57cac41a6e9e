// F2: the router, checked against a plain search and a plain rewrite, then measured.
#include "workloads.h"

#include "measure.h"
#include "router.h"

#include <rte_ip.h>

static struct routes routes;
static uint32_t destinations[TRAFFIC];

struct comparison {
    struct router *router;
    uint32_t seen, right;
};

// The plainest code: every field anew.
static void compare(void *state, struct rte_mbuf **packets, uint16_t count)
{
    struct comparison *comparison = state;
    for (uint16_t i = 0; i < count; i++, comparison->seen++) {
        uint8_t expected[64];
        uint32_t destination = destinations[comparison->seen % TRAFFIC];
        int next_hop = routes_search(&routes, destination);
        memcpy(expected, comparison->router->medium.frames, sizeof expected);
        memcpy(expected, (uint8_t[]){2, 0, 0, 0, 1, (uint8_t)next_hop, 2, 0, 0, 0, 0, 2}, 12);
        expected[22] = 63;
        memcpy(expected + 30, (uint8_t[]){(uint8_t)(destination >> 24), (uint8_t)(destination >> 16), (uint8_t)(destination >> 8), (uint8_t)destination}, 4);
        uint32_t sum = 0;
        expected[24] = expected[25] = 0;
        for (int at = 14; at < 34; at += 2)
            sum += (uint32_t)(expected[at] << 8 | expected[at + 1]);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = ~((sum & 0xFFFF) + (sum >> 16));
        expected[24] = (uint8_t)(sum >> 8), expected[25] = (uint8_t)sum;
        comparison->right += rte_pktmbuf_data_len(packets[i]) == 64 && memcmp(rte_pktmbuf_mtod(packets[i], void *), expected, 64) == 0;
    }
}

static bool all_are_right(struct router *router)
{
    struct comparison comparison = {.router = router};
    router->medium.inspect = compare;
    router->medium.inspector = &comparison;
    router->next_arrival = 0;
    for (uint32_t i = 0; i < TRAFFIC; i += BATCH)
        router_batch(&router->medium);
    router->medium.inspect = NULL;
    return comparison.seen == TRAFFIC && comparison.right == TRAFFIC;
}

// Each of the header's 160 bits flipped in turn: of the batch nothing leaves, and all is counted. The destination and the checksum come from the
// table, so theirs are flipped there.
static bool flips_are_dropped(struct router *router)
{
    bool right = true;
    for (int bit = 0; bit < 160; bit++) {
        uint8_t mask = (uint8_t)(1 << (bit % 8)), byte = (uint8_t)(bit / 8);
        uint8_t *header = router->medium.frames + RTE_ETHER_HDR_LEN;
        uint64_t transmitted = router->medium.transmitted, dropped = router->medium.dropped;
        for (int pass = 0; pass < 2; pass++) {
            for (int i = 0; i < BATCH; i++)
                if (byte >= 16)
                    ((uint8_t *)&router->arrivals[i].destination)[byte - 16] ^= mask;
                else if (byte == 10 || byte == 11)
                    ((uint8_t *)&router->arrivals[i].checksum)[byte - 10] ^= mask;
            header[byte] ^= mask;
            router->next_arrival = 0;
            if (pass == 0)
                router_batch(&router->medium);
        }
        right &= router->medium.transmitted == transmitted && router->medium.dropped == dropped + BATCH;
    }
    return right;
}

static bool check(struct router *router)
{
    bool right = true;
    for (router->medium.way = BY_DEVICE; router->medium.way <= BY_POOL; router->medium.way++)
        right &= all_are_right(router) && flips_are_dropped(router);
    return right;
}

static bool try_table(struct router *router, bool quick, struct measured *measured)
{
    bool right = check(router);
    uint64_t before = router->medium.transmitted, drops = router->medium.dropped;
    *measured = measure(&router->medium, router_batch, quick ? 0.5 : 2);
    return right && router->medium.transmitted - before >= measured->packets && router->medium.dropped == drops && check(router)
        && router->medium.received == router->medium.transmitted + router->medium.dropped;
}

// rte_lpm_add looks through all rules of a length, one after another: ten seconds and more for the largest table, to be slower then.
enum { LONGEST_LPM = 100000 };

void run_routes(const char *variant, bool quick)
{
    static struct router router;
    unsigned count = 0;
    sscanf(variant, "routes-%u", &count);
    uint64_t state = SEED, hops = 0;
    routes = routes_make(count, &state);
    routes_draw_traffic(&routes, &state, destinations);
    for (uint32_t i = 0; i < TRAFFIC; i++)
        hops += (uint64_t)routes_search(&routes, destinations[i]) * (i + 1);
    router_start(&router, destinations);

    struct rte_fib *fib;
    struct rte_lpm *lpm;
    struct measured by_fib, by_lpm;
    if (!router_load_fib(&fib, &routes))
        fail("rte_fib does not take %u routes", count);
    router.fib = fib;
    bool right = try_table(&router, quick, &by_fib);

    char note[120];
    if (count > LONGEST_LPM) {
        snprintf(note, sizeof note, "hops=%llx; rte_fib (rte_lpm takes too long to load)", (unsigned long long)hops);
        measured_print(&by_fib, variant, right, note);
        return;
    }
    if (!router_load_lpm(&lpm, &routes))
        fail("rte_lpm does not take %u routes", count);
    router.fib = NULL;
    router.lpm = lpm;
    right &= try_table(&router, quick, &by_lpm);
    bool fib_is_better = by_fib.cpu[BY_DEVICE] <= by_lpm.cpu[BY_DEVICE];
    const struct measured *better = fib_is_better ? &by_fib : &by_lpm, *worse = fib_is_better ? &by_lpm : &by_fib;
    snprintf(note, sizeof note, "hops=%llx; %s (%s %.1f)", (unsigned long long)hops, fib_is_better ? "rte_fib" : "rte_lpm",
             fib_is_better ? "rte_lpm" : "rte_fib", worse->cpu[BY_DEVICE]);
    measured_print(better, variant, right, note);
}
