/*
 * Two stacks in one process. What one sends the other is given, 100 microseconds later by a clock that exists only here, so the whole
 * transfer takes no time, and the same time at every run.
 */
#include "millrace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

enum { TRANSFER = 4 << 20, DELAY = 100, BLOCK = 1 << 16 };

static int64_t now;

static void fail(const char *what, long result)
{
    fprintf(stderr, "%s: %ld (%s) %s\n", what, result, result < 0 ? strerror((int)-result) : "", millrace_last_error());
    exit(1);
}

static long check(const char *what, long result)
{
    if (result < 0)
        fail(what, result);
    return result;
}

static void expect(const char *what, long result, long expected)
{
    if (result != expected)
        fail(what, result);
}

static struct sockaddr_in address(const char *host, int port)
{
    struct sockaddr_in in;
    memset(&in, 0, sizeof in);
    in.sin_family = AF_INET;
    in.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, host, &in.sin_addr);
    return in;
}

static millrace_stack *create(const char *host, uint64_t seed)
{
    struct millrace_options options = { sizeof options, host, 1500, 64, { seed, seed + 1 } };
    millrace_stack *stack = NULL;
    check("create", millrace_create(&options, &stack));
    return stack;
}

/* Carries packets from one stack to the other until neither has any. */
static void carry(millrace_stack *a, millrace_stack *b)
{
    unsigned char packet[1500];
    ssize_t length;
    int moved;
    do {
        moved = 0;
        now += DELAY;
        while ((length = millrace_output(a, packet, sizeof packet)) > 0) {
            check("input", millrace_input(b, packet, (size_t)length, now));
            moved = 1;
        }
        check("output", length);
        while ((length = millrace_output(b, packet, sizeof packet)) > 0) {
            check("input", millrace_input(a, packet, (size_t)length, now));
            moved = 1;
        }
        check("output", length);
        check("advance", millrace_advance(a, now));
        check("advance", millrace_advance(b, now));
    } while (moved);
}

/* Lets time pass to the next deadline of either. */
static void wait_for_timers(millrace_stack *a, millrace_stack *b)
{
    int64_t first = millrace_deadline(a), second = millrace_deadline(b);
    int64_t next = first < second ? first : second;
    if (next != INT64_MAX && next > now)
        now = next;
    carry(a, b);
}

static int ready(millrace_stack *stack, int socket, short events)
{
    struct pollfd entry = { socket, events, 0 };
    return millrace_poll(stack, &entry, 1) > 0 ? entry.revents : 0;
}

static unsigned char pattern(size_t at) { return (unsigned char)(at * 131 + (at >> 8) * 7 + 5); }

static void transfer(millrace_stack *a, int from, millrace_stack *b, int to)
{
    static unsigned char block[BLOCK];
    size_t sent = 0, received = 0;
    int rounds = 0;
    while (received < TRANSFER) {
        while (sent < TRANSFER) {
            size_t length = TRANSFER - sent < BLOCK ? TRANSFER - sent : BLOCK;
            ssize_t result;
            for (size_t i = 0; i < length; i++)
                block[i] = pattern(sent + i);
            /* every second block in two pieces */
            if (sent / BLOCK % 2) {
                struct iovec pieces[2] = { { block, length / 3 }, { block + length / 3, length - length / 3 } };
                result = millrace_writev(a, from, pieces, 2);
            } else {
                result = millrace_write(a, from, block, length);
            }
            if (result == -EAGAIN)
                break;
            sent += (size_t)check("write", result);
        }
        carry(a, b);
        for (;;) {
            ssize_t result = millrace_read(b, to, block, sizeof block);
            if (result == -EAGAIN)
                break;
            check("read", result);
            for (ssize_t i = 0; i < result; i++)
                if (block[i] != pattern(received + (size_t)i))
                    fail("a byte is not what was sent", (long)(received + (size_t)i));
            received += (size_t)result;
        }
        if (++rounds > 100000)
            fail("the transfer stands still", (long)received);
        wait_for_timers(a, b);
    }
}

static void look_at(millrace_stack *stack, int socket)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    int queued = -1;
    memset(&info, 0, sizeof info);
    check("TCP_INFO", millrace_getsockopt(stack, socket, IPPROTO_TCP, TCP_INFO, &info, &length));
    expect("tcpi_state", info.tcpi_state, 1);
    expect("tcpi_snd_mss", info.tcpi_snd_mss, 1448);
    expect("tcpi_pmtu", info.tcpi_pmtu, 1500);
    if (info.tcpi_rtt < DELAY || info.tcpi_rtt > 50 * DELAY)
        fail("tcpi_rtt", info.tcpi_rtt);
    check("SIOCOUTQ", millrace_ioctl(stack, socket, SIOCOUTQ, &queued));
    expect("nothing is unacknowledged", queued, 0);
}

static void settings(millrace_stack *stack)
{
    char text[64];
    check("sysctl", millrace_sysctl(stack, "net.ipv4.tcp_sack", "0"));
    expect("sysctl of one byte", millrace_sysctl_get(stack, "net.ipv4.tcp_sack", text, sizeof text), 1);
    expect("tcp_sack", text[0], '0');
    expect("an unknown name", millrace_sysctl(stack, "net.ipv4.tcp_warp", "1"), -ENOENT);
    if (strstr(millrace_last_error(), "net.ipv4.tcp_warp") == NULL)
        fail("the error names the setting", 0);
    expect("no number", millrace_sysctl(stack, "net.ipv4.tcp_retries2", "many"), -EINVAL);
    expect("out of range", millrace_sysctl(stack, "net.ipv4.tcp_retries2", "100000"), -EINVAL);
    expect("a fixed setting", millrace_sysctl(stack, "net.core.somaxconn", "1"), -EPERM);
    check("three numbers", millrace_sysctl(stack, "net.ipv4.tcp_rmem", "4096 131072 6291456"));
    check("two numbers", millrace_sysctl(stack, "net.ipv4.ip_local_port_range", "40000 50000"));
    check("sysctl", millrace_sysctl(stack, "net.ipv4.tcp_sack", "1"));
}

static void connection(void)
{
    millrace_stack *a = create("10.0.0.1/24", 1), *b = create("10.0.0.2/24", 3);
    struct sockaddr_in server = address("10.0.0.2", 80), peer;
    socklen_t length = sizeof peer;
    settings(a);
    int listener = (int)check("socket", millrace_socket(b, AF_INET, SOCK_STREAM, 0));
    check("bind", millrace_bind(b, listener, (struct sockaddr *)&server, sizeof server));
    check("listen", millrace_listen(b, listener, 8));
    int client = (int)check("socket", millrace_socket(a, AF_INET, SOCK_STREAM, 0));
    expect("connect", millrace_connect(a, client, (struct sockaddr *)&server, sizeof server), -EINPROGRESS);
    expect("nobody came yet", millrace_accept(b, listener, NULL, NULL), -EAGAIN);
    carry(a, b);
    expect("writable", ready(a, client, POLLIN | POLLOUT), POLLOUT);
    expect("readable", ready(b, listener, POLLIN), POLLIN);
    int accepted = (int)check("accept", millrace_accept(b, listener, (struct sockaddr *)&peer, &length));
    expect("the peer's address", (long)ntohl(peer.sin_addr.s_addr), 0x0A000001);
    if (ntohs(peer.sin_port) < 40000 || ntohs(peer.sin_port) > 50000)
        fail("a port of ip_local_port_range", ntohs(peer.sin_port));
    transfer(a, client, b, accepted);
    transfer(b, accepted, a, client);
    wait_for_timers(a, b);
    look_at(a, client);
    check("shutdown", millrace_shutdown(a, client, SHUT_WR));
    carry(a, b);
    expect("the end", millrace_read(b, accepted, &length, sizeof length), 0);
    check("close", millrace_close(b, accepted));
    carry(a, b);
    expect("the end", millrace_read(a, client, &length, sizeof length), 0);
    expect("closed both ways", ready(a, client, POLLIN | POLLRDHUP), POLLIN | POLLRDHUP | POLLHUP);
    check("close", millrace_close(a, client));
    check("close", millrace_close(b, listener));
    expect("no such socket", millrace_close(b, listener), -EBADF);
    wait_for_timers(a, b);
    check("destroy", millrace_destroy(a));
    check("destroy", millrace_destroy(b));
}

static void datagrams(void)
{
    millrace_stack *a = create("10.0.0.1/24", 5), *b = create("10.0.0.2/24", 7);
    struct sockaddr_in server = address("10.0.0.2", 53), peer;
    char left[4] = { 0 }, right[4] = { 0 };
    struct iovec pieces[2] = { { left, 3 }, { right, 3 } };
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_name = &peer;
    message.msg_namelen = sizeof peer;
    message.msg_iov = pieces;
    message.msg_iovlen = 2;
    int receiver = (int)check("socket", millrace_socket(b, AF_INET, SOCK_DGRAM, 0));
    check("bind", millrace_bind(b, receiver, (struct sockaddr *)&server, sizeof server));
    int sender = (int)check("socket", millrace_socket(a, AF_INET, SOCK_DGRAM, 0));
    expect("sendto", millrace_sendto(a, sender, "abcdefgh", 8, 0, (struct sockaddr *)&server, sizeof server), 8);
    carry(a, b);
    expect("recvmsg", millrace_recvmsg(b, receiver, &message, 0), 6);
    expect("it was cut", message.msg_flags, MSG_TRUNC);
    if (strcmp(left, "abc") != 0 || strcmp(right, "def") != 0)
        fail("what was received", 0);
    expect("answer", millrace_sendto(b, receiver, "ok", 2, 0, (struct sockaddr *)&peer, message.msg_namelen), 2);
    carry(a, b);
    expect("recv", millrace_recv(a, sender, left, sizeof left, MSG_PEEK), 2);
    expect("recv", millrace_recv(a, sender, left, sizeof left, 0), 2);
    check("destroy", millrace_destroy(a));
    check("destroy", millrace_destroy(b));
}

static long resident_pages(void)
{
    long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL || fscanf(file, "%ld %ld", &total, &resident) != 2)
        fail("statm", 0);
    fclose(file);
    return resident;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1;
    for (int i = 0; i < rounds; i++) {
        connection();
        datagrams();
        if (i == rounds / 2 || i == rounds - 1)
            printf("round %d: %ld resident pages\n", i, resident_pages());
    }
    printf("%d bytes both ways as they were sent, %lld us of virtual time\n", TRANSFER, (long long)now);
    return 0;
}
