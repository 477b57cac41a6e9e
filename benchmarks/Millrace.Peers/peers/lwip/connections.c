// W3: connections opened and closed one after another. W4: many kept open.
#include "workloads.h"

#include "../common/reading.h"
#include "echo.h"

#include "lwip/priv/tcp_priv.h"

#include <malloc.h>

// lwIP keeps a closed connection 2 MSL in a list, and walks the list for each new port and each SYN. It recycles the oldest only when its pool has
// nothing left, and Debian's pools are malloc. So its clock jumps over TIME-WAIT, which leaves the list empty.
static bool jump_time_wait(void)
{
    bool right = tcp_active_pcbs == NULL && tcp_tw_pcbs != NULL;
    tcp_ticks += 2 * TCP_MSL / TCP_SLOW_INTERVAL;
    tcp_slowtmr();
    tcp_slowtmr();
    return right && tcp_tw_pcbs == NULL;
}

// Opens and closes, and jumps each time that so many are in TIME-WAIT.
static struct stopwatch open_and_close(uint32_t count, uint32_t most_waiting, bool *right)
{
    struct stopwatch start = stopwatch_start();
    for (uint32_t i = 1; i <= count; i++) {
        struct echo_client client = {0};
        echo_open(&client);
        *right &= echo_exchange(&client, 1);
        echo_close(&client);
        if (i % most_waiting == 0 || i == count)
            *right &= jump_time_wait();
    }
    return stopwatch_elapsed(start);
}

enum { EPHEMERAL_PORTS = 0xFFFF - 0xC000 }; // tcp_new_port takes 0xC000 to 0xFFFE

void run_connecting(const char *variant, bool quick)
{
    const uint32_t few = 16;
    wire_start();
    echo_server_start();
    bool right = true;
    uint32_t count = (quick ? 2 : 6) * EPHEMERAL_PORTS;
    open_and_close(EPHEMERAL_PORTS, few, &right);
    struct stopwatch short_list = open_and_close(count, few, &right), elapsed = open_and_close(count, EPHEMERAL_PORTS, &right);
    right &= resets == 0;

    char note[200];
    snprintf(note, sizeof note, "TIME-WAIT jumped by virtual time when all %u ports are used up; jumped every %u connections it is %.0f/s by processor time",
             EPHEMERAL_PORTS, few, count * 1e9 / (double)short_list.cpu);
    print_reading(variant, "connections/s", count * 1e9 / (double)elapsed.wall, count * 1e9 / (double)elapsed.cpu, right, note);
}

static void print_figure(const char *figure, const char *variant, const char *unit, struct stopwatch elapsed, uint32_t count, bool right, const char *note)
{
    char name[32];
    snprintf(name, sizeof name, "%s-%s", figure, variant);
    print_reading(name, unit, (double)elapsed.wall / count, (double)elapsed.cpu / count, right, note);
}

void run_open_connections(const char *variant, bool quick)
{
    uint32_t open = (uint32_t)atoi(variant) * 1000;
    wire_start();
    echo_server_start();
    struct echo_client *clients = calloc(open + 1, sizeof *clients);
    if (!clients)
        fail("no memory for the clients");
    echo_open(&clients[open]); // the pool of frames and the first pages of the heap are there now
    bool right = echo_exchange(&clients[open], 64);

    struct stopwatch start = stopwatch_start();
    size_t before = mallinfo2().uordblks;
    for (uint32_t i = 0; i < open; i++)
        echo_open(&clients[i]);
    double bytes = (double)(mallinfo2().uordblks - before) / (2.0 * open);
    double seconds = (double)stopwatch_elapsed(start).cpu / 1e9;

    const uint32_t on_one = quick ? 200000 : 1000000;
    start = stopwatch_start();
    for (uint32_t i = 0; i < on_one; i++)
        right &= echo_exchange(&clients[open / 2], 64);
    struct stopwatch one = stopwatch_elapsed(start);

    // A turn first: then each next one is the last in the list.
    uint32_t warm_up = LWIP_MIN(open, 1000);
    for (uint32_t i = open - warm_up; i < open; i++)
        right &= echo_exchange(&clients[i], 64);
    uint32_t count = quick ? 2 * warm_up : LWIP_MAX(open, 10 * warm_up);
    start = stopwatch_start();
    for (uint32_t i = 0; i < count; i++)
        right &= echo_exchange(&clients[i % open], 64);
    struct stopwatch rotate = stopwatch_elapsed(start);

    uint32_t established = 0;
    for (uint32_t i = 0; i < open; i++)
        established += clients[i].pcb->state == ESTABLISHED;
    right &= established == open && resets == 0;
    char note[120];
    print_figure("one", variant, "ns/roundtrip", one, on_one, right, "copying wire; it is at the head of the list");
    print_figure("rotate", variant, "ns/roundtrip", rotate, count, right, "copying wire; each is found at the end of the list");
    snprintf(note, sizeof note, "by mallinfo2 with and without the connections, which took %.1f s to open", seconds);
    char name[32];
    snprintf(name, sizeof name, "bytes-%s", variant);
    print_reading(name, "B/endpoint", bytes, 0, right, note);
}
