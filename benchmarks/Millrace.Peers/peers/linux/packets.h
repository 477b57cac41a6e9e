// What the BPF programs and this program share: the packets to come, and how many went.
#pragma once

#include <linux/types.h>

enum { SOURCES = 64, SOURCE_BYTES = 2048, ARRIVALS = 65536, HEADER_BYTES = 14 };

struct arrival {
    __u32 destination; // network order
    __u16 checksum;    // of the IPv4 header that goes with it, network order
    __u16 unused;
};

struct packets {
    __u64 arrived, left;
    __u32 length;    // of all frames, FCS not counted
    __u32 distance;  // of two sources; at most SOURCE_BYTES
    __u32 last;      // of the sources that are taken in turn: 0 or SOURCES - 1
    __u32 unused;
    __u8 source[SOURCES * SOURCE_BYTES];
    struct arrival arrivals[ARRIVALS];
};
