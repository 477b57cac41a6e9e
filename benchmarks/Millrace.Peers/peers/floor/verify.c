// F4: checksums of IPv4 and TCP are verified.
#include "workloads.h"

#include "../common/reading.h"
#include "checksum.h"
#include "measure.h"
#include "port.h"

enum { ETHERNET = 14, IPV4 = 20 };

static struct port port;
static uint64_t right, wrong;

INLINE uint16_t big_endian(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, 2);
    return __builtin_bswap16(value);
}

INLINE bool is_right(const uint8_t *frame, uint32_t captured)
{
    const uint8_t *ip = frame + ETHERNET;
    uint32_t total = big_endian(ip + 2), room = captured - ETHERNET;
    if (__builtin_expect(captured < ETHERNET + IPV4 + 20 || big_endian(ip - 2) != 0x0800 || ip[0] != 0x45 || ip[9] != 6, 0))
        return false;
    if (__builtin_expect(total > room || total < IPV4 + 20 || checksum_ipv4(ip) != 0xFFFF, 0))
        return false;
    // The pseudo-header: both addresses, the protocol, the length of the segment.
    uint32_t length = total - IPV4;
    uint64_t addresses;
    memcpy(&addresses, ip + 12, 8);
    uint64_t sum = (addresses & 0xFFFFFFFF) + (addresses >> 32) + __builtin_bswap16((uint16_t)(6 + length));
    return checksum_fold(sum + checksum_add_2k(ip + IPV4, length)) == 0xFFFF;
}

static void verify(void *state)
{
    (void)state;
    port_receive(&port, BATCH, port.length);
    uint64_t good = 0;
    // Backwards: what was copied last is still in the first-level cache.
    for (uint32_t i = BATCH; i-- > 0;) {
        // The next packet comes from the second level; its first lines before the processor's own prefetcher sees them.
        if (i > 0)
            for (uint32_t line = 0; line < 256; line += 64)
                __builtin_prefetch(port.ring.data[i - 1] + line);
        good += is_right(port.ring.data[i], port.ring.length[i]);
    }
    right += good;
    wrong += BATCH - good;
    port_transmit(&port, &port.ring, BATCH);
}

// The plainest sum: words in network order, folded after each.
static uint16_t plain_sum(const uint8_t *data, uint32_t length, uint32_t sum)
{
    for (uint32_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static void put(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value;
}

static void make_frame(uint8_t *frame, uint32_t length, uint32_t number)
{
    uint8_t *ip = frame + ETHERNET, *tcp = ip + IPV4;
    uint32_t segment = length - ETHERNET - IPV4;
    memcpy(frame, pattern_at(1000 * number), length);
    memcpy(frame, (uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0xFF, 8, 0}, ETHERNET);
    memcpy(ip, (uint8_t[]){0x45, 0, 0, 0, 0, (uint8_t)number, 0, 0, 64, 6, 0, 0, 198, 18, 0, 1, 198, 18, 0, 2}, IPV4);
    put(ip + 2, (uint16_t)(segment + IPV4));
    put(ip + 10, (uint16_t)~plain_sum(ip, IPV4, 0));
    tcp[12] = 5 << 4;
    put(tcp + 16, 0);
    put(tcp + 16, (uint16_t)~plain_sum(tcp, segment, plain_sum(ip + 12, 8, 6 + segment)));
}

// A flipped bit in each eighth byte of the segment of each frame, every bit of a byte in turn, and each bit of the IPv4 header.
static bool flips_are_caught(void)
{
    for (uint32_t number = 0; number < SOURCES; number++) {
        uint8_t *frame = port.sources + number * port.stride;
        if (!is_right(frame, port.length))
            return false;
        for (uint32_t bit = ETHERNET * 8; bit < port.length * 8; bit += bit < (ETHERNET + IPV4) * 8 ? 1 : 65) {
            frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
            bool missed = is_right(frame, port.length);
            frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (missed)
                return false;
        }
    }
    return true;
}

void run_verify(const char *variant, bool quick)
{
    unsigned length = 1514;
    sscanf(variant, "size-%u", &length);
    port_start(&port, false, BATCH, length);
    for (uint32_t i = 0; i < SOURCES; i++)
        make_frame(port.sources + i * port.stride, length, i);
    bool caught = flips_are_caught();
    struct measured measured = measure(verify, NULL, BATCH, quick ? 1 : 3);
    print_reading(variant, "ns/packet", measured.wall, measured.cpu, caught && wrong == 0 && right == port.packets,
                  "all right; single flipped bits all caught");
}
