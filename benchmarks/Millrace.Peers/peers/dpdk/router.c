#include "router.h"

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_fib.h>
#include <rte_ip.h>
#include <rte_lpm.h>

enum { NOWHERE = 127 };

static const uint8_t in_mac[6] = {2, 0, 0, 0, 0, 1}, out_mac[6] = {2, 0, 0, 0, 0, 2};
static const uint32_t in_address = RTE_IPV4(198, 18, 0, 254), out_address = RTE_IPV4(198, 19, 0, 254);

bool router_load_fib(struct rte_fib **fib, const struct routes *routes)
{
    // One byte a next hop or group of the second level: 127 of them, and a table of 16 MiB.
    struct rte_fib_conf configuration = {.type = RTE_FIB_DIR24_8, .default_nh = NOWHERE, .max_routes = (int)routes->count + 1,
                                         .dir24_8 = {RTE_FIB_DIR24_8_1B, NOWHERE}};
    *fib = rte_fib_create("fib", SOCKET_ID_ANY, &configuration);
    if (!*fib || rte_fib_select_lookup(*fib, RTE_FIB_LOOKUP_DEFAULT) != 0)
        return false;
    for (uint32_t i = 0; i < routes->count; i++)
        if (rte_fib_add(*fib, routes->all[i].prefix, routes->all[i].length, routes->all[i].next_hop) != 0)
            return false;
    return true;
}

bool router_load_lpm(struct rte_lpm **lpm, const struct routes *routes)
{
    struct rte_lpm_config configuration = {.max_rules = routes->count + 1, .number_tbl8s = 256};
    *lpm = rte_lpm_create("lpm", SOCKET_ID_ANY, &configuration);
    if (!*lpm)
        return false;
    for (uint32_t i = 0; i < routes->count; i++) {
        const struct route *route = &routes->all[i];
        if (route->length > 0) {
            if (rte_lpm_add(*lpm, route->prefix, route->length, route->next_hop) != 0)
                return false;
        } else { // rte_lpm has no length 0: two halves
            if (rte_lpm_add(*lpm, 0, 1, route->next_hop) != 0 || rte_lpm_add(*lpm, 1u << 31, 1, route->next_hop) != 0)
                return false;
        }
    }
    return true;
}

static void write_arrival(struct arrival *arrival, uint32_t destination, struct rte_ipv4_hdr *ip)
{
    ip->dst_addr = rte_cpu_to_be_32(destination);
    ip->hdr_checksum = 0;
    *arrival = (struct arrival){ip->dst_addr, rte_ipv4_cksum(ip), 0};
}

void router_start(struct router *router, const uint32_t *destinations)
{
    medium_start(&router->medium, 64, BATCH, LAST_IN_FIRST_OUT);
    uint8_t *frame = router->medium.frames;
    memcpy(frame, in_mac, 6);
    memcpy(frame + 6, (uint8_t[]){2, 0, 0, 0, 0, 0xFF, 8, 0}, 8);
    struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);
    *ip = (struct rte_ipv4_hdr){.version_ihl = 0x45, .total_length = RTE_BE16(50), .time_to_live = 64, .next_proto_id = 17,
                                .src_addr = RTE_BE32(RTE_IPV4(198, 18, 0, 1))};
    memcpy(ip + 1, (uint8_t[]){1000 >> 8, 1000 & 0xFF, 2000 >> 8, 2000 & 0xFF, 0, 30}, 6);

    router->arrivals = calloc(TRAFFIC, sizeof *router->arrivals);
    if (!router->arrivals)
        rte_exit(1, "no memory for the traffic\n");
    for (uint32_t i = 0; i < TRAFFIC; i++)
        write_arrival(&router->arrivals[i], destinations[i], ip);
    for (uint8_t i = 0; i < GATEWAYS; i++) {
        memcpy(router->macs[i], (uint8_t[]){2, 0, 0, 0, 1, i}, 6);
        memcpy(router->macs[i] + 6, out_mac, 6);
    }
}

static inline struct rte_ipv4_hdr *ip_of(struct rte_mbuf *packet)
{
    return rte_pktmbuf_mtod_offset(packet, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
}

// The NIC: the frame, with the destination and the checksum that goes with it.
static inline uint16_t receive(struct router *router, struct rte_mbuf **packets)
{
    uint16_t count = medium_fill(&router->medium, packets);
    const struct arrival *arrivals = &router->arrivals[router->next_arrival];
    for (uint16_t i = 0; i < count; i++) {
        memcpy(rte_pktmbuf_mtod(packets[i], void *), router->medium.frames, 64);
        ip_of(packets[i])->dst_addr = arrivals[i].destination;
        ip_of(packets[i])->hdr_checksum = arrivals[i].checksum;
    }
    router->next_arrival = (router->next_arrival + BATCH) % TRAFFIC;
    return count;
}

// As rte_raw_cksum, by words of 32 bits.
static inline bool is_checksum_right(const struct rte_ipv4_hdr *ip)
{
    uint32_t words[5];
    memcpy(words, ip, sizeof words);
    uint64_t sum = (uint64_t)words[0] + words[1] + words[2] + words[3] + words[4];
    sum = (sum & 0xFFFFFFFF) + (sum >> 32);
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    return (uint16_t)((sum & 0xFFFF) + (sum >> 16)) == 0xFFFF;
}

// RFC 1812, 5.2.2 and 5.3.1: DROPS, or why the packet is not sent on.
static inline enum drop check(struct rte_mbuf *packet)
{
    const uint8_t *frame = rte_pktmbuf_mtod(packet, const uint8_t *);
    const struct rte_ipv4_hdr *ip = ip_of(packet);
    uint32_t length = rte_pktmbuf_data_len(packet), room = length - RTE_ETHER_HDR_LEN;
    if (unlikely(length < RTE_ETHER_HDR_LEN + sizeof *ip))
        return BAD_HEADER;
    if (unlikely(memcmp(frame, in_mac, 6) != 0 || memcmp(frame + 12, "\x08", 2) != 0))
        return NOT_OURS;
    if (unlikely(ip->version_ihl != 0x45))
        return ip->version_ihl >> 4 == 4 && rte_ipv4_hdr_len(ip) > sizeof *ip && rte_ipv4_hdr_len(ip) <= room ? SLOW_PATH : BAD_HEADER;
    uint32_t total = rte_be_to_cpu_16(ip->total_length);
    if (unlikely(total < sizeof *ip || total > room))
        return BAD_HEADER;
    if (unlikely(!is_checksum_right(ip)))
        return BAD_CHECKSUM;
    if (unlikely(ip->time_to_live <= 1))
        return TTL_EXPIRED;
    uint32_t destination = rte_be_to_cpu_32(ip->dst_addr), first = destination >> 24;
    if (unlikely(first == 0 || first == 127 || first >= 224))
        return BAD_DESTINATION;
    if (unlikely(destination == in_address || destination == out_address))
        return SLOW_PATH;
    return DROPS;
}

static inline void lookup(const struct router *router, uint32_t *destinations, uint64_t *next_hops, uint32_t count)
{
    if (router->fib) {
        rte_fib_lookup_bulk(router->fib, destinations, next_hops, (int)count);
        return;
    }
    uint32_t found[BATCH];
    rte_lpm_lookup_bulk(router->lpm, destinations, found, count);
    for (uint32_t i = 0; i < count; i++)
        next_hops[i] = found[i] & RTE_LPM_LOOKUP_SUCCESS ? found[i] & 0xFF : NOWHERE;
}

static inline void drop(struct router *router, struct rte_mbuf *packet, enum drop reason)
{
    router->drops[reason]++;
    medium_release(&router->medium, &packet, 1);
}

static inline void rewrite(const struct router *router, struct rte_mbuf *packet, uint64_t next_hop)
{
    struct rte_ipv4_hdr *ip = ip_of(packet);
    ip->time_to_live--;
    uint32_t checksum = ip->hdr_checksum + (uint32_t)RTE_BE16(0x0100); // RFC 1624: the word that holds the TTL fell by 0x0100
    ip->hdr_checksum = (uint16_t)(checksum + (checksum >= 0xFFFF));
    memcpy(rte_pktmbuf_mtod(packet, void *), router->macs[next_hop], 12);
}

void router_batch(struct medium *medium)
{
    struct router *router = (struct router *)medium;
    struct rte_mbuf *packets[LARGEST_BATCH];
    uint32_t destinations[BATCH];
    uint64_t next_hops[BATCH];
    uint16_t count = receive(router, packets), good = 0, sent = 0;
    for (uint16_t i = 0; i < count; i++) {
        enum drop reason = check(packets[i]);
        if (likely(reason == DROPS)) {
            destinations[good] = rte_be_to_cpu_32(ip_of(packets[i])->dst_addr);
            packets[good++] = packets[i];
        } else {
            drop(router, packets[i], reason);
        }
    }
    lookup(router, destinations, next_hops, good);
    for (uint16_t i = 0; i < good; i++) {
        if (likely(next_hops[i] != NOWHERE)) {
            rewrite(router, packets[i], next_hops[i]);
            packets[sent++] = packets[i];
        } else {
            drop(router, packets[i], NO_ROUTE);
        }
    }
    medium_transmit(medium, packets, sent);
}
