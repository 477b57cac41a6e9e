// The kernel's TCP under the workloads: sockets in two network namespaces, joined by veth. Needs root.
#include "workloads.h"

#include "../common/reading.h"

static const char descriptors[] = "needs 2,000,000 open files, and fs.nr_open, a setting of the whole machine, is 1,048,576",
                  zerocopy[] = "TCP_ZEROCOPY_RECEIVE maps whole pages, which segments of 1,460 bytes do not fill";

static const struct workload workloads[] = {
    {"W1", "copying-64", run_bulk, 0},
    {"W1", "copying-256", run_bulk, 0},
    {"W1", "handover-64", run_bulk, 0},
    {"W1", "handover-256", run_bulk, 0},
    {"W1", "copying-64-nochecksum", run_bulk, 0},
    {"W1", "copying-64-timestamps", run_bulk, 0},
    {"W1", "copying-64-gso-nochecksum", run_bulk, 0},
    {"W1", "copying-64-gso", 0, "the kernel turns segmentation offload off with checksum offload"},
    {"W1", "copying-64-zerocopy", 0, zerocopy},
    {"W2", "copying", run_pingpong, 0},
    {"W2", "handover", run_pingpong, 0},
    {"W3", "copying", run_connecting, 0},
    {"W3", "handover", run_connecting, 0},
    {"W4", "1k", run_open_connections, 0},
    {"W4", "10k", run_open_connections, 0},
    {"W4", "100k", run_open_connections, 0},
    {"W4", "1m", 0, descriptors},
    {"L1", "w2", run_pingpong_latency, 0},
};

int main(int argc, char **argv)
{
    return run_program(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
