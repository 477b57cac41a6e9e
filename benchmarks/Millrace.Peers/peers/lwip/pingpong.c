// W2: 64 bytes there and back on one connection. L1: the same on a schedule at half the rate.
#include "workloads.h"

#include "../common/latency.h"
#include "../common/reading.h"
#include "echo.h"

static struct echo_client client;

static void start(void)
{
    wire_start();
    echo_server_start();
    echo_open(&client);
}

// The closed loop: nanoseconds a round trip.
static struct stopwatch round_trips(uint32_t count, bool *right)
{
    struct stopwatch begun = stopwatch_start();
    for (uint32_t i = 0; i < count; i++)
        *right &= echo_exchange(&client, 64);
    return stopwatch_elapsed(begun);
}

void run_pingpong(const char *variant, bool quick)
{
    start();
    bool right = true;
    uint32_t count = quick ? 500000 : 2000000;
    round_trips(count / 10, &right);
    struct stopwatch elapsed = round_trips(count, &right);
    print_reading(variant, "ns/roundtrip", (double)elapsed.wall / count, (double)elapsed.cpu / count, right, "every message compared");
}

static bool exchange(void *state)
{
    return echo_exchange(state, 64);
}

void run_pingpong_latency(const char *variant, bool quick)
{
    (void)variant;
    start();
    bool right = true;
    const uint32_t trial = 200000;
    round_trips(trial / 10, &right);
    double cost = (double)round_trips(trial, &right).wall / trial;
    struct latencies seen = latencies_measure(exchange, &client, 2 * cost, quick);
    latencies_print(&seen, "w2", right);
}
