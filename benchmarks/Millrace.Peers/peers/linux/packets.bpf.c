// XDP programs. The first three stand for the NIC's DMA: BPF_PROG_TEST_RUN gives them an empty buffer, and they copy a frame into it.
#include "packets.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, struct packets);
} packets SEC(".maps");

static __always_inline struct packets *all_packets(void)
{
    __u32 first = 0;
    return bpf_map_lookup_elem(&packets, &first);
}

// The first 64 bytes by words; what is longer by the kernel's memcpy.
static __always_inline int copy_in(struct xdp_md *context, struct packets *all)
{
    __u64 *to = (__u64 *)(long)context->data;
    __u32 length = all->length, at = (all->arrived & all->last & (SOURCES - 1)) * all->distance;
    if (at > (SOURCES - 1) * SOURCE_BYTES)
        return -1;
    const __u64 *from = (const __u64 *)(all->source + at);
    if (length > 64)
        return length <= SOURCE_BYTES ? (int)bpf_xdp_store_bytes(context, 0, (void *)from, length) : -1;
    if (to + 8 > (__u64 *)(long)context->data_end)
        return -1;
#pragma unroll
    for (int i = 0; i < 8; i++)
        to[i] = from[i];
    return 0;
}

// A frame of the sources goes to the stack.
SEC("xdp")
int receive(struct xdp_md *context)
{
    struct packets *all = all_packets();
    if (!all || copy_in(context, all))
        return XDP_ABORTED;
    all->arrived++;
    return XDP_PASS;
}

// The same frame with another destination each time.
SEC("xdp")
int receive_arrival(struct xdp_md *context)
{
    struct packets *all = all_packets();
    if (!all || copy_in(context, all))
        return XDP_ABORTED;
    __u8 *frame = (__u8 *)(long)context->data;
    if (frame + 64 > (__u8 *)(long)context->data_end)
        return XDP_ABORTED;
    struct arrival *arrival = &all->arrivals[all->arrived++ % ARRIVALS];
    *(__u16 *)(frame + HEADER_BYTES + 10) = arrival->checksum;
    *(__u32 *)(frame + HEADER_BYTES + 16) = arrival->destination;
    return XDP_PASS;
}

// F1 itself: source and destination MAC change places, and the frame goes out where it came in.
SEC("xdp")
int reflect(struct xdp_md *context)
{
    struct packets *all = all_packets();
    if (!all || copy_in(context, all))
        return XDP_ABORTED;
    all->arrived++;
    __u16 *address = (__u16 *)(long)context->data;
    if (address + HEADER_BYTES / 2 > (__u16 *)(long)context->data_end)
        return XDP_ABORTED;
#pragma unroll
    for (int i = 0; i < 3; i++) {
        __u16 destination = address[i];
        address[i] = address[i + 3];
        address[i + 3] = destination;
    }
    return XDP_TX;
}

// The other end of the cable: counts, and gives the buffer back.
SEC("xdp")
int leave(struct xdp_md *context __attribute__((unused)))
{
    struct packets *all = all_packets();
    if (all)
        all->left++;
    return XDP_DROP;
}

// The driver of the interface that a routed packet leaves by: counts, and frees. After it veth would still have to hand the packet over.
SEC("tc")
int transmit(struct __sk_buff *packet __attribute__((unused)))
{
    struct packets *all = all_packets();
    if (all)
        all->left++;
    return TC_ACT_SHOT;
}

// The other end of the cable where each frame is looked at by a packet socket.
SEC("xdp")
int show(struct xdp_md *context __attribute__((unused)))
{
    return XDP_PASS;
}

const char terms[] SEC("license") = "GPL";
