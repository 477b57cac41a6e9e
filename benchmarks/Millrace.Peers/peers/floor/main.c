// The floor: what the work itself costs, in C and nothing else.
#include "workloads.h"

#include "../common/reading.h"

static const char no_protocol[] = "the floor has no protocol: W1 is its copies and checksums, and nothing is left of this one";

static const struct workload workloads[] = {
    {"W1", "handover-64", run_bulk, 0},
    {"W1", "copying-64", run_bulk, 0},
    {"W1", "handover-256", run_bulk, 0},
    {"W1", "copying-256", run_bulk, 0},
    {"W1", "handover-64-nochecksum", run_bulk, 0},
    {"W1", "copying-64-nochecksum", run_bulk, 0},
    {"W1", "handover-64-zerocopy", run_bulk, 0},
    {"W1", "copying-64-zerocopy", run_bulk, 0},
    {"W1", 0, 0, no_protocol},
    {"W2", 0, 0, no_protocol},
    {"W3", 0, 0, no_protocol},
    {"W4", 0, 0, no_protocol},
    {"F1", "hot", run_reflect, 0},
    {"F1", "cold", run_reflect, 0},
    {"F1", "size-64", run_reflect, 0},
    {"F1", "size-128", run_reflect, 0},
    {"F1", "size-256", run_reflect, 0},
    {"F1", "size-512", run_reflect, 0},
    {"F1", "size-1024", run_reflect, 0},
    {"F1", "size-1514", run_reflect, 0},
    {"F1", "batch-1", run_reflect, 0},
    {"F1", "batch-4", run_reflect, 0},
    {"F1", "batch-16", run_reflect, 0},
    {"F1", "batch-32", run_reflect, 0},
    {"F1", "batch-64", run_reflect, 0},
    {"F1", "batch-128", run_reflect, 0},
    {"F1", "batch-256", run_reflect, 0},
    {"F2", "routes-1", run_route, 0},
    {"F2", "routes-10", run_route, 0},
    {"F2", "routes-100", run_route, 0},
    {"F2", "routes-1000", run_route, 0},
    {"F2", "routes-10000", run_route, 0},
    {"F2", "routes-100000", run_route, 0},
    {"F2", "routes-500000", run_route, 0},
    {"F4", "hot", run_verify, 0},
    {"F4", "size-64", run_verify, 0},
    {"F4", "size-128", run_verify, 0},
    {"F4", "size-256", run_verify, 0},
    {"F4", "size-512", run_verify, 0},
    {"F4", "size-1024", run_verify, 0},
    {"F4", "size-1514", run_verify, 0},
    {"L1", "f1", run_reflect_latency, 0},
    {"L1", 0, 0, no_protocol},
};

int main(int argc, char **argv)
{
    return run_program(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
