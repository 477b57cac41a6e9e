// W2: 64 bytes there and back. L1: the same on a schedule at half the rate.
#include "workloads.h"

#include "../common/latency.h"
#include "sockets.h"

static const struct offloads none = {false, false};

static struct stopwatch round_trips(struct connection *connection, uint32_t count, bool *right)
{
    struct stopwatch start = kernel_stopwatch_start();
    for (uint32_t i = 0; i < count; i++)
        *right &= exchange_message(connection);
    return kernel_stopwatch_elapsed(start);
}

void run_pingpong(const char *variant, bool quick)
{
    if (!namespaces_make(variant, none))
        return;
    struct connection connection = connect_to(listen_at(5001, 0), 5001, 0);
    uint32_t count = quick ? 100000 : 300000;
    bool right = namespace_verifies_checksums(5001);
    round_trips(&connection, count / 10, &right);
    struct stopwatch elapsed = round_trips(&connection, count, &right);
    print_reading(variant, "ns/roundtrip", (double)elapsed.wall / count, (double)elapsed.cpu / count, right,
                  "every message compared; veth hands buffers over and copies no frame");
}

static bool exchange(void *connection)
{
    return exchange_message(connection);
}

void run_pingpong_latency(const char *variant, bool quick)
{
    if (!namespaces_make(variant, none))
        return;
    struct connection connection = connect_to(listen_at(5001, 0), 5001, 0);
    const uint32_t trial = 50000;
    bool right = true;
    round_trips(&connection, trial / 10, &right);
    double cost = (double)round_trips(&connection, trial, &right).wall / trial;
    struct latencies seen = latencies_measure(exchange, &connection, 2 * cost, quick);
    latencies_print(&seen, "w2", right);
}
