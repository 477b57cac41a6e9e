// W3: connections opened and closed one after another. W4: many kept open.
#include "workloads.h"

#include "../common/reading.h"
#include "echo.h"

#include "lwip/priv/tcp_priv.h"

#include <malloc.h>

// Debian's lwIP keeps a closed connection 2 MSL in a list that grows without bound, and walks it for every SYN and every new port.
// This jumps lwIP's clock over TIME-WAIT.
static void jump_time_wait(void)
{
    tcp_ticks += 2 * TCP_MSL / TCP_SLOW_INTERVAL;
    tcp_slowtmr();
    tcp_slowtmr();
}

enum { CONNECTIONS_A_JUMP = 16 };

void run_connecting(const char *variant, bool quick)
{
    wire_start();
    echo_server_start();
    bool right = true;
    uint32_t count = quick ? 100000 : 400000, warm_up = count / 10;
    struct stopwatch start = {0};
    for (uint32_t i = 0; i < warm_up + count; i++) {
        if (i == warm_up)
            start = stopwatch_start();
        struct echo_client client = {0};
        echo_open(&client);
        right &= echo_exchange(&client, 1);
        echo_close(&client);
        if (i % CONNECTIONS_A_JUMP == CONNECTIONS_A_JUMP - 1) {
            right &= tcp_active_pcbs == NULL && tcp_tw_pcbs != NULL;
            jump_time_wait();
            right &= tcp_tw_pcbs == NULL;
        }
    }
    struct stopwatch elapsed = stopwatch_elapsed(start);
    print_reading(variant, "connections/s", count * 1e9 / (double)elapsed.wall, count * 1e9 / (double)elapsed.cpu, right,
                  "TIME-WAIT jumped by virtual time every 16 connections");
}

void run_open_connections(const char *variant, bool quick)
{
    enum { COUNT = 10000 };
    (void)variant;
    wire_start();
    echo_server_start();
    struct echo_client *clients = calloc(COUNT + 1, sizeof *clients);
    if (!clients)
        fail("no memory for the clients");
    echo_open(&clients[COUNT]); // the pool of frames and the first pages of the heap are there now
    bool right = echo_exchange(&clients[COUNT], 64);

    struct stopwatch opening = stopwatch_start();
    size_t before = mallinfo2().uordblks;
    for (uint32_t i = 0; i < COUNT; i++)
        echo_open(&clients[i]);
    double bytes = (double)(mallinfo2().uordblks - before) / (2.0 * COUNT);
    double seconds = (double)stopwatch_elapsed(opening).wall / 1e9;

    uint32_t count = quick ? 200000 : 1000000;
    struct stopwatch start = stopwatch_start();
    for (uint32_t i = 0; i < count; i++)
        right &= echo_exchange(&clients[COUNT / 2], 64);
    struct stopwatch elapsed = stopwatch_elapsed(start);
    print_reading("one-10k", "ns/roundtrip", (double)elapsed.wall / count, (double)elapsed.cpu / count, right, "found at the head of the list");

    count = quick ? 2000 : COUNT;
    for (uint32_t i = COUNT - 1000; i < COUNT; i++)
        right &= echo_exchange(&clients[i], 64);
    start = stopwatch_start();
    for (uint32_t i = 0; i < count; i++)
        right &= echo_exchange(&clients[i], 64);
    elapsed = stopwatch_elapsed(start);
    print_reading("rotate-10k", "ns/roundtrip", (double)elapsed.wall / count, (double)elapsed.cpu / count, right, "found at the end of the list");

    char note[100];
    snprintf(note, sizeof note, "by mallinfo2 over both ends of 10k connections, which took %.1f s to open", seconds);
    print_reading("bytes-10k", "B/endpoint", bytes, 0, right, note);
}
