#include "router.h"

#include "checksum.h"
#include "memory.h"

void router_start(struct router *router, const struct routes *routes, const uint32_t *destinations)
{
    port_start(&router->port, false, BATCH, 64);
    router->table = table_make(routes);
    uint8_t *frame = router->port.sources, *ip = frame + ETHERNET;
    memcpy(frame, (uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0xFF, 8, 0}, ETHERNET);
    memcpy(ip, (uint8_t[]){0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 198, 18, 0, 1}, 16);
    memcpy(ip + IPV4, (uint8_t[]){1000 >> 8, 1000 & 0xFF, 2000 >> 8, 2000 & 0xFF, 0, 30}, 6);
    router->arrivals = memory_map(TRAFFIC * sizeof *router->arrivals);
    for (uint32_t i = 0; i < TRAFFIC; i++) {
        uint32_t destination = __builtin_bswap32(destinations[i]);
        memcpy(ip + 16, &destination, 4);
        router->arrivals[i] = (struct arrival){destination, (uint16_t)~checksum_fold(checksum_tail(ip, IPV4)), 0};
    }
    for (uint8_t i = 0; i < GATEWAYS; i++)
        memcpy(router->macs[i], (uint8_t[]){2, 0, 0, 0, 1, i, 2, 0, 0, 0, 0, 2}, 12);
}

static enum drop reason(const uint8_t *frame, uint32_t length)
{
    const uint8_t *ip = frame + ETHERNET;
    uint64_t in_mac = IN_MAC;
    if (length < ETHERNET + IPV4)
        return BAD_HEADER;
    if (memcmp(frame, &in_mac, 6) != 0 || frame[12] != 8 || frame[13] != 0)
        return NOT_OURS;
    uint32_t room = length - ETHERNET, total = (uint32_t)ip[2] << 8 | ip[3], header = (ip[0] & 15u) * 4;
    if (ip[0] >> 4 != 4 || header < IPV4 || header > room || total < header || total > room)
        return BAD_HEADER;
    if (checksum_fold(checksum_tail(ip, header)) != 0xFFFF)
        return BAD_CHECKSUM;
    if (header > IPV4)
        return SLOW_PATH;
    if (ip[8] <= 1)
        return TTL_EXPIRED;
    uint32_t destination = (uint32_t)ip[16] << 24 | (uint32_t)ip[17] << 16 | (uint32_t)ip[18] << 8 | ip[19];
    return ip[16] == 0 || ip[16] == 127 || ip[16] >= 224 ? BAD_DESTINATION
        : destination == IN_ADDRESS || destination == OUT_ADDRESS ? SLOW_PATH
        : WITHOUT_ROUTE;
}

__attribute__((noinline, cold)) void router_drop(struct router *router, uint8_t *data, uint32_t length)
{
    router->dropped[reason(data, length)]++;
    port_give(&router->port, &data, 1);
}

// All checks of RFC 1812 without a branch between them: one that nearly never fails is enough.
INLINE bool is_forwardable(const uint8_t *frame, uint32_t length, uint32_t *destination)
{
    const uint8_t *ip = frame + ETHERNET;
    if (__builtin_expect(length < ETHERNET + IPV4, 0))
        return false;
    uint64_t mac;
    uint32_t type_and_version, address;
    uint16_t total;
    memcpy(&mac, frame, 8);
    memcpy(&type_and_version, frame + 12, 4);
    memcpy(&total, ip + 2, 2);
    memcpy(&address, ip + 16, 4);
    total = __builtin_bswap16(total);
    address = __builtin_bswap32(address);
    *destination = address;
    uint32_t first = address >> 24;
    bool bad = ((mac ^ IN_MAC) << 16) != 0;
    bad |= (type_and_version & 0xFFFFFF) != 0x450008;
    bad |= (uint32_t)total - IPV4 > length - ETHERNET - IPV4;
    bad |= checksum_ipv4(ip) != 0xFFFF;
    bad |= ip[8] <= 1;
    bad |= first - 1 >= 223; // 0 and what is no unicast
    bad |= first == 127;
    bad |= address == IN_ADDRESS;
    bad |= address == OUT_ADDRESS;
    return !bad;
}

INLINE void rewrite(const struct router *router, uint8_t *frame, uint32_t next_hop)
{
    uint8_t *ip = frame + ETHERNET;
    uint16_t checksum;
    memcpy(&checksum, ip + 10, 2);
    // RFC 1624: the word that holds the TTL has become less by 0x0100 in network order.
    uint32_t sum = checksum + 1u;
    checksum = (uint16_t)(sum + (sum >= 0xFFFF));
    ip[8]--;
    memcpy(ip + 10, &checksum, 2);
    memcpy(frame, router->macs[next_hop], 12);
}

INLINE uint32_t forward_one(struct router *router, bool is16, uint32_t i, uint32_t count)
{
    uint8_t *frame = router->port.ring.data[i];
    uint32_t length = router->port.ring.length[i], destination, next_hop = NO_ROUTE;
    if (__builtin_expect(is_forwardable(frame, length, &destination), 1))
        next_hop = table_end(&router->table, *router_entry(router, is16, destination), destination);
    if (__builtin_expect(next_hop == NO_ROUTE, 0)) {
        router_drop(router, frame, length);
        return count;
    }
    rewrite(router, frame, next_hop);
    router->out.data[count] = frame;
    router->out.length[count] = length;
    return count + 1;
}

uint32_t router_forward_one(struct router *router, uint32_t i, uint32_t count)
{
    return forward_one(router, false, i, count);
}

INLINE void fused(struct router *router, bool is16)
{
    router_receive(router);
    uint32_t count = 0;
    for (uint32_t i = 0; i < BATCH; i++)
        count = forward_one(router, is16, i, count);
    router_transmit(router, count);
}

INLINE void staged(struct router *router, bool is16)
{
    const struct burst *ring = &router->port.ring;
    uint32_t destinations[BATCH];
    const uint16_t *entries[BATCH];
    router_receive(router);
    uint32_t checked = 0, count = 0;
    for (uint32_t i = 0; i < BATCH; i++) {
        if (__builtin_expect(!is_forwardable(ring->data[i], ring->length[i], &destinations[checked]), 0)) {
            router_drop(router, ring->data[i], ring->length[i]);
            continue;
        }
        entries[checked] = router_entry(router, is16, destinations[checked]);
        __builtin_prefetch(entries[checked]);
        router->out.data[checked] = ring->data[i];
        router->out.length[checked++] = ring->length[i];
    }
    for (uint32_t i = 0; i < checked; i++) {
        uint8_t *frame = router->out.data[i];
        uint32_t next_hop = table_end(&router->table, *entries[i], destinations[i]);
        if (__builtin_expect(next_hop == NO_ROUTE, 0)) {
            router_drop(router, frame, router->out.length[i]);
            continue;
        }
        rewrite(router, frame, next_hop);
        router->out.data[count] = frame;
        router->out.length[count++] = router->out.length[i];
    }
    router_transmit(router, count);
}

static void fused_24(void *router) { fused(router, false); }
static void fused_16(void *router) { fused(router, true); }
static void staged_24(void *router) { staged(router, false); }
static void staged_16(void *router) { staged(router, true); }

const struct way scalar_ways[4] = {{"fused 24-8", fused_24}, {"fused 16-8-8", fused_16}, {"staged 24-8", staged_24}, {"staged 16-8-8", staged_16}};
