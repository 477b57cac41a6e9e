// F4: the IPv4 and TCP checksums of frames are verified by DPDK's own functions, and the frame has done its duty.
#include "workloads.h"

#include "../common/reading.h"
#include "measure.h"

#include <rte_ip.h>
#include <rte_tcp.h>

static uint64_t good;

static void verify(struct medium *medium)
{
    struct rte_mbuf *packets[LARGEST_BATCH];
    uint16_t count = medium_receive(medium, packets);
    for (uint16_t i = 0; i < count; i++) {
        const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(packets[i], const struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
        good += ip->version_ihl == 0x45 && rte_be_to_cpu_16(ip->total_length) <= medium->length - RTE_ETHER_HDR_LEN && rte_ipv4_cksum(ip) == 0
            && rte_ipv4_udptcp_cksum_verify(ip, ip + 1) == 0;
    }
    medium_release(medium, packets, count);
}

static void write_frame(uint8_t *frame, uint32_t length, uint32_t number)
{
    memcpy(frame, (uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0xFF, 8, 0}, RTE_ETHER_HDR_LEN);
    struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + RTE_ETHER_HDR_LEN);
    struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(ip + 1);
    *ip = (struct rte_ipv4_hdr){.version_ihl = 0x45, .total_length = rte_cpu_to_be_16((uint16_t)(length - RTE_ETHER_HDR_LEN)), .time_to_live = 64,
                                .next_proto_id = 6, .src_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 1)), .dst_addr = RTE_BE32(RTE_IPV4(10, 0, 0, 2))};
    *tcp = (struct rte_tcp_hdr){.src_port = RTE_BE16(1000), .dst_port = RTE_BE16(2000), .sent_seq = rte_cpu_to_be_32(number), .data_off = 0x50,
                                .tcp_flags = RTE_TCP_ACK_FLAG, .rx_win = 0xFFFF};
    memcpy(tcp + 1, pattern_at(1460 * number), length - RTE_ETHER_HDR_LEN - sizeof *ip - sizeof *tcp);
    ip->hdr_checksum = rte_ipv4_cksum(ip);
    tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
}

// One pass over all frames: how many are found right.
static uint64_t pass(struct medium *medium)
{
    uint64_t before = good;
    for (uint32_t i = 0; i < FRAMES; i += medium->batch)
        verify(medium);
    return good - before;
}

// A bit of each eighth byte of the segments, flipped in turn; of the 64 frames each has another byte.
static bool flips_are_caught(struct medium *medium)
{
    const uint32_t segment = RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr);
    bool right = pass(medium) == FRAMES;
    for (uint32_t first = segment; first < medium->length; first += 8 * FRAMES) {
        uint64_t flipped = 0;
        for (int time = 0; time < 2; time++) {
            flipped = 0;
            for (uint32_t i = 0; i < FRAMES && first + 8 * i < medium->length; i++, flipped++)
                medium->frames[medium->stride * i + first + 8 * i] ^= (uint8_t)(1 << (i % 8));
            if (time == 0)
                right &= pass(medium) == FRAMES - flipped;
        }
    }
    return right && pass(medium) == FRAMES;
}

void run_verify(const char *variant, bool quick)
{
    static struct medium medium;
    unsigned length = LONGEST;
    sscanf(variant, "size-%u", &length);
    medium_start(&medium, length, BATCH, LAST_IN_FIRST_OUT);
    for (uint32_t i = 0; i < FRAMES; i++)
        write_frame(medium.frames + medium.stride * i, length, i);
    medium.way = BY_POOL;
    bool right = flips_are_caught(&medium);
    uint64_t before = good, received = medium.received;
    struct measured measured = measure(&medium, verify, quick ? 1 : 3);
    right &= good - before == medium.received - received && good - before >= measured.packets;
    medium.way = BY_DEVICE;
    right &= flips_are_caught(&medium);
    measured_print(&measured, variant, right, "rte_ipv4_udptcp_cksum_verify");
}
