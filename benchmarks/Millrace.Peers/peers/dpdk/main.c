// DPDK as Debian builds it, under the workloads of a forwarder.
#include "workloads.h"

#include "../common/reading.h"

#include <rte_common.h>
#include <rte_eal.h>

static const char no_tcp[] = "DPDK has drivers, pools and tables, and no TCP";

static const struct workload workloads[] = {
    {"W1", 0, 0, no_tcp},
    {"W2", 0, 0, no_tcp},
    {"W3", 0, 0, no_tcp},
    {"W4", 0, 0, no_tcp},
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
    {"F2", "routes-1", run_routes, 0},
    {"F2", "routes-10", run_routes, 0},
    {"F2", "routes-100", run_routes, 0},
    {"F2", "routes-1000", run_routes, 0},
    {"F2", "routes-10000", run_routes, 0},
    {"F2", "routes-100000", run_routes, 0},
    {"F2", "routes-500000", run_routes, 0},
    {"F4", "hot", run_verify, 0},
    {"F4", "size-64", run_verify, 0},
    {"F4", "size-128", run_verify, 0},
    {"F4", "size-256", run_verify, 0},
    {"F4", "size-512", run_verify, 0},
    {"F4", "size-1024", run_verify, 0},
    {"F4", "size-1514", run_verify, 0},
    {"L1", "f1", run_reflect_latency, 0},
    {"L1", 0, 0, no_tcp},
};

enum { HUGE_PAGES = 150 }; // rte_lpm's table, rte_fib's with its RIB of 500,000 routes, the pool

static bool huge_pages_are_free(void)
{
    unsigned pages = 0;
    FILE *file = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");
    if (file) {
        if (fscanf(file, "%u", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return pages >= HUGE_PAGES;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "run") == 0) {
        char *huge[] = {argv[0], "--in-memory", "--no-pci", "--no-telemetry", "--log-level=error", "--force-max-simd-bitwidth=512"};
        char *none[] = {argv[0], "--no-huge", "-m", "768", "--no-pci", "--no-telemetry", "--no-shconf", "--log-level=error", "--force-max-simd-bitwidth=512"};
        bool is_huge = huge_pages_are_free();
        if (rte_eal_init(is_huge ? (int)RTE_DIM(huge) : (int)RTE_DIM(none), is_huge ? huge : none) < 0)
            fail("DPDK's environment does not start");
    }
    return run_program(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
