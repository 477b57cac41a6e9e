// W1: bytes in one direction over veth.
#include "workloads.h"

#include "sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static struct stopwatch transfer(struct connection *connection, uint64_t total, bool check, bool *right)
{
    static uint8_t buffer[65536];
    uint64_t written = 0, read = 0;
    struct stopwatch start = kernel_stopwatch_start();
    while (read < total) {
        // Until it is full: what is sent is received within the call, so only what is written before the first read is in flight.
        ssize_t count;
        do {
            uint64_t left = total - written;
            count = left ? send(connection->client, pattern_at(written), left < 65536 ? left : 65536, MSG_DONTWAIT) : 0;
            written += count > 0 ? (uint64_t)count : 0;
        } while (count > 0);
        while ((count = recv(connection->server, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
            if (check && memcmp(buffer, pattern_at(read), (size_t)count) != 0)
                *right = false;
            read += (uint64_t)count;
        }
        if (count == 0 || errno != EAGAIN)
            fail("the connection broke: %s", strerror(errno));
    }
    struct stopwatch elapsed = kernel_stopwatch_elapsed(start);
    *right &= read == total;
    return elapsed;
}

void run_bulk(const char *variant, bool quick)
{
    struct offloads offloads = {strstr(variant, "nochecksum"), strstr(variant, "gso")};
    int buffer = strstr(variant, "-256") ? 262144 : 65536;
    if (!namespaces_make(variant, offloads))
        return;
    struct connection connection = connect_to(listen_at(5001, buffer), 5001, buffer);
    bool right = offloads.checksum || namespace_verifies_checksums(5001);

    uint64_t checked = quick ? 16u << 20 : 64u << 20, total = quick ? 128u << 20 : 1u << 30;
    transfer(&connection, checked, true, &right);
    // Only now: with the first segments the kernel learns how much memory a byte takes, and sets the clamp anew (tcp_measure_rcv_mss in net/ipv4/tcp_input.c).
    if (setsockopt(connection.server, IPPROTO_TCP, TCP_WINDOW_CLAMP, &buffer, sizeof buffer))
        fail("TCP_WINDOW_CLAMP: %s", strerror(errno));
    transfer(&connection, checked, true, &right);
    uint64_t segments = namespace_counter(CLIENT, "OutSegs"), acks = namespace_counter(SERVER, "OutSegs");
    struct stopwatch elapsed = transfer(&connection, total, false, &right);
    segments = namespace_counter(CLIENT, "OutSegs") - segments, acks = namespace_counter(SERVER, "OutSegs") - acks;
    char note[260];
    snprintf(note, sizeof note, "SO_SNDBUF, SO_RCVBUF and TCP_WINDOW_CLAMP %d; veth hands buffers over and copies no frame; %.2f segments an ACK; %u MiB compared before%s", buffer,
             (double)segments / (double)acks, (unsigned)(checked >> 20), offloads.checksum ? "" : ", and a segment with a wrong checksum dropped");
    double units = (double)total / 1460;
    print_reading(variant, "ns/1460B", (double)elapsed.wall / units, (double)elapsed.cpu / units, right, note);
}
