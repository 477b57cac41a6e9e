// W3: connections opened and closed one after another. W4: many kept open.
#include "workloads.h"

#include "sockets.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct offloads none = {false, false};

enum { PORT = 5001, PORTS = 8, PER_PORT = 20000 };

static struct stopwatch open_and_close(const int *listeners, uint32_t count, bool *right)
{
    struct stopwatch start = kernel_stopwatch_start();
    for (uint32_t i = 0; i < count; i++) {
        struct connection connection = connect_to(listeners[i % PORTS], (uint16_t)(PORT + i % PORTS), 0);
        uint8_t end;
        *right &= exchange_byte(&connection, (uint8_t)i);
        close(connection.client);
        *right &= recv(connection.server, &end, 1, 0) == 0;
        close(connection.server);
    }
    return kernel_stopwatch_elapsed(start);
}

void run_connecting(const char *variant, bool quick)
{
    if (!namespaces_make(variant, none))
        return;
    int listeners[PORTS];
    for (uint16_t i = 0; i < PORTS; i++)
        listeners[i] = listen_at(PORT + i, 0);
    uint32_t count = quick ? 20000 : 60000;
    bool right = true;
    open_and_close(listeners, count / 10, &right);
    struct stopwatch elapsed = open_and_close(listeners, count, &right);
    right &= namespace_counter(CLIENT, "OutRsts") + namespace_counter(SERVER, "OutRsts") == 0;
    print_reading(variant, "connections/s", count * 1e9 / (double)elapsed.wall, count * 1e9 / (double)elapsed.cpu, right,
                  "8 server ports: no pair of ports comes twice, so TIME-WAIT is kept by all and neither jumped nor recycled; veth copies no frame");
}

// Bytes in use of the kernel's caches of which an endpoint needs objects; of a shared machine, so others' sockets and files count too.
static double slab_bytes(void)
{
    static const char *const caches[] = {"TCP", "sock_inode_cache", "filp", "tcp_bind_bucket", "tcp_bind2_bucket"};
    FILE *file = fopen("/proc/slabinfo", "r");
    char line[300], name[60];
    unsigned long active, all, size;
    double bytes = 0;
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "%59s %lu %lu %lu", name, &active, &all, &size) == 4)
            for (size_t i = 0; i < sizeof caches / sizeof *caches; i++)
                if (strcmp(name, caches[i]) == 0)
                    bytes += (double)all * (double)size;
    if (file)
        fclose(file);
    return bytes;
}

static void print_figure(const char *figure, const char *variant, struct stopwatch elapsed, uint32_t count, bool right)
{
    char name[32];
    snprintf(name, sizeof name, "%s-%s", figure, variant);
    print_reading(name, "ns/roundtrip", (double)elapsed.wall / count, (double)elapsed.cpu / count, right, "veth hands buffers over");
}

void run_open_connections(const char *variant, bool quick)
{
    uint32_t open = (uint32_t)atoi(variant) * 1000, times = quick ? 50000 : 200000;
    struct rlimit files = {2 * open + 100, 2 * open + 100};
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
        char why[120];
        getrlimit(RLIMIT_NOFILE, &files);
        snprintf(why, sizeof why, "needs %u open files; the hard limit of RLIMIT_NOFILE is %lu, and may not be raised", 2 * open + 100, (unsigned long)files.rlim_max);
        print_unsupported(variant, why);
        return;
    }
    if (!namespaces_make(variant, none))
        return;
    struct connection *all = malloc(open * sizeof *all);
    if (!all)
        fail("no memory for the connections");
    struct stopwatch start = kernel_stopwatch_start();
    double before = slab_bytes();
    int listener = -1;
    for (uint32_t i = 0; i < open; i++) {
        uint16_t port = (uint16_t)(PORT + i / PER_PORT);
        if (i % PER_PORT == 0)
            listener = listen_at(port, 0);
        all[i] = connect_to(listener, port, 0);
    }
    double bytes = (slab_bytes() - before) / (2.0 * open);
    double seconds = (double)kernel_stopwatch_elapsed(start).cpu / 1e9;

    bool right = true;
    start = kernel_stopwatch_start();
    for (uint32_t i = 0; i < times; i++)
        right &= exchange_message(&all[open / 2]);
    struct stopwatch one = kernel_stopwatch_elapsed(start);
    start = kernel_stopwatch_start();
    for (uint32_t i = 0; i < times; i++)
        right &= exchange_message(&all[i % open]);
    struct stopwatch rotate = kernel_stopwatch_elapsed(start);

    right &= namespace_counter(CLIENT, "CurrEstab") == open && namespace_counter(SERVER, "CurrEstab") == open;
    print_figure("one", variant, one, times, right);
    print_figure("rotate", variant, rotate, times, right);
    char name[32], note[200];
    snprintf(name, sizeof name, "bytes-%s", variant);
    snprintf(note, sizeof note, "by /proc/slabinfo: TCP, sock_inode_cache, filp, tcp_bind_bucket; not the dentry; opened in %.1f s", seconds);
    print_reading(name, "B/endpoint", bytes, 0, right, note);
}
