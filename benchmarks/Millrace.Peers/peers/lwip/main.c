// lwIP as Debian builds it (liblwip0), under the workloads of a TCP.
#include "workloads.h"

#include "../common/reading.h"

static const char hands_over[] = "tcp_input converts the header in place, and the sender keeps that very header for retransmission: packets must be copied",
                  window[] = "Debian's lwipopts.h fixes TCP_WND at 65535, and every block is held to it",
                  per_netif[] = "Debian's library is built without LWIP_CHECKSUM_CTRL_PER_NETIF: checksums cannot be switched off",
                  timestamps[] = "Debian's library is built without LWIP_TCP_TIMESTAMPS",
                  full[] = "lwIP has neither SACK at the sender nor RACK nor CUBIC, and Debian's library no timestamps",
                  gso[] = "lwIP has no segmentation offload",
                  lists[] = "lwIP walks one list for each new connection, so opening is quadratic: minutes for 100k";

static const char host[] = "lwIP is the stack of a host: no frame passes it but through its TCP/IP";

static const struct workload workloads[] = {
    {"W1", "copying-64", run_bulk, 0},
    {"W1", "copying-64-zerocopy", run_bulk, 0},
    {"W1", "copying-64-ack2", run_bulk, 0}, // as lwIP acknowledges by itself
    {"W1", "flows-1", run_bulk, 0},
    {"W1", "flows-10", run_bulk, 0},
    {"W1", "flows-100", run_bulk, 0},
    {"W1", "flows-1000", run_bulk, 0},
    {"W1", "copying-256", 0, window},
    {"W1", "handover-64", 0, hands_over},
    {"W1", "handover-256", 0, hands_over},
    {"W1", "handover-64-zerocopy", 0, hands_over},
    {"W1", "handover-64-nochecksum", 0, hands_over},
    {"W1", "handover-64-timestamps", 0, hands_over},
    {"W1", "handover-64-ack2", 0, hands_over},
    {"W1", "handover-64-gso", 0, hands_over},
    {"W1", "handover-64-gso-nochecksum", 0, hands_over},
    {"W1", "copying-64-nochecksum", 0, per_netif},
    {"W1", "copying-64-timestamps", 0, timestamps},
    {"W1", "copying-64-full", 0, full},
    {"W1", "handover-64-full", 0, full},
    {"W1", "copying-64-gso", 0, gso},
    {"W1", "copying-64-gso-nochecksum", 0, gso},
    {"W2", "copying", run_pingpong, 0},
    {"W2", "handover", 0, hands_over},
    {"W2", 0, 0, full},
    {"W3", "copying", run_connecting, 0},
    {"W3", "handover", 0, hands_over},
    {"W3", 0, 0, full},
    {"W4", "1k", run_open_connections, 0},
    {"W4", "10k", run_open_connections, 0},
    {"W4", "100k", 0, lists},
    {"W4", "1m", 0, lists},
    {"W4", 0, 0, full},
    {"F1", 0, 0, host},
    {"F2", 0, 0, "lwIP chooses an interface by its own network and has no table of routes"},
    {"F4", 0, 0, host},
    {"L1", "w2", run_pingpong_latency, 0},
    {"L1", 0, 0, host},
};

int main(int argc, char **argv)
{
    return run_program(argc, argv, workloads, sizeof workloads / sizeof *workloads);
}
