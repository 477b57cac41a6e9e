// The kernel's TCP under the workloads: sockets in two network namespaces, joined by veth. Needs root.
#include "workloads.h"

#include "../common/reading.h"

static const char descriptors[] = "needs 2,000,000 open files, and fs.nr_open, a setting of the whole machine, is 1,048,576",
                  zerocopy[] = "TCP_ZEROCOPY_RECEIVE maps whole pages, which segments of 1,460 bytes do not fill",
                  segmentation[] = "the kernel turns segmentation offload off with checksum offload",
                  acknowledging[] = "all that is sent is received before the reader runs, and the kernel acknowledges once for it; there is no setting a number of segments";

static const struct workload workloads[] = {
    {"W1", "copying-64", run_bulk, 0},
    {"W1", "copying-256", run_bulk, 0},
    {"W1", "handover-64", run_bulk, 0},
    {"W1", "handover-256", run_bulk, 0},
    {"W1", "copying-64-nochecksum", run_bulk, 0},
    {"W1", "copying-64-timestamps", run_bulk, 0},
    {"W1", "copying-64-gso-nochecksum", run_bulk, 0},
    {"W1", "copying-64-gso", 0, segmentation},
    {"W1", "copying-64-zerocopy", 0, zerocopy},
    {"W1", "copying-64-ack2", 0, acknowledging},
    {"W1", "handover-64-nochecksum", run_bulk, 0},
    {"W1", "handover-64-timestamps", run_bulk, 0},
    {"W1", "handover-64-gso-nochecksum", run_bulk, 0},
    {"W1", "handover-64-gso", 0, segmentation},
    {"W1", "handover-64-zerocopy", 0, zerocopy},
    {"W1", "handover-64-ack2", 0, acknowledging},
    {"W1", 0, 0, "one connection is all that this program drives"},
    {"W2", "copying", run_pingpong, 0},
    {"W2", "handover", run_pingpong, 0},
    {"W3", "copying", run_connecting, 0},
    {"W3", "handover", run_connecting, 0},
    {"W4", "1k", run_open_connections, 0},
    {"W4", "10k", run_open_connections, 0},
    {"W4", "100k", run_open_connections, 0},
    {"W4", "1m", 0, descriptors},
    {"F1", "hot", run_reflecting, 0},
    {"F1", "cold", 0, "the buffers are those of the page pool of the batch, and no order can be chosen"},
    {"F1", "size-64", run_reflecting, 0},
    {"F1", "size-128", run_reflecting, 0},
    {"F1", "size-256", run_reflecting, 0},
    {"F1", "size-512", run_reflecting, 0},
    {"F1", "size-1024", run_reflecting, 0},
    {"F1", "size-1514", run_reflecting, 0},
    {"F1", "batch-1", run_reflecting, 0},
    {"F1", "batch-4", run_reflecting, 0},
    {"F1", "batch-16", run_reflecting, 0},
    {"F1", "batch-32", run_reflecting, 0},
    {"F1", "batch-64", run_reflecting, 0},
    {"F1", "batch-128", run_reflecting, 0},
    {"F1", "batch-256", 0, "veth's ring holds 256 frames, and loses some of such a batch"},
    {"F2", "routes-1", run_routes, 0},
    {"F2", "routes-10", run_routes, 0},
    {"F2", "routes-100", run_routes, 0},
    {"F2", "routes-1000", run_routes, 0},
    {"F2", "routes-10000", run_routes, 0},
    {"F2", "routes-100000", run_routes, 0},
    {"F2", "routes-500000", run_routes, 0},
    {"F4", 0, 0, "the kernel verifies a checksum of TCP within TCP's way in, and not alone"},
    {"L1", "f1", 0, "each BPF_PROG_TEST_RUN sets up a page pool and ends it, so a batch a call measures that"},
    {"L1", "w2", run_pingpong_latency, 0},
};

int main(int argc, char **argv)
{
    return run_program(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
