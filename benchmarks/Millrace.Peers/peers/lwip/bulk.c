// W1: one connection, as many bytes as told, the application copying in and out.
#include "workloads.h"

#include "../common/reading.h"
#include "wire.h"

enum { PORT = 5001, MSS = 1460 };

static struct {
    uint64_t total, written, read;
    bool check, copy_out, connected, right;
    uint8_t buffer[65536];
} bulk;

static err_t on_server_data(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg, (void)err;
    if (!p)
        return tcp_close(pcb);
    if (bulk.copy_out) {
        pbuf_copy_partial(p, bulk.buffer, p->tot_len, 0);
        if (bulk.check && memcmp(bulk.buffer, pattern_at(bulk.read), p->tot_len) != 0)
            bulk.right = false;
        bulk.read += p->tot_len;
    } else {
        for (struct pbuf *q = p; q; q = q->next) {
            if (bulk.check && memcmp(q->payload, pattern_at(bulk.read), q->len) != 0)
                bulk.right = false;
            bulk.read += q->len;
        }
    }
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg, (void)err;
    tcp_recv(pcb, on_server_data);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg, (void)pcb;
    bulk.connected = err == ERR_OK;
    return ERR_OK;
}

static err_t on_client_end(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg, (void)pcb, (void)err;
    if (p)
        pbuf_free(p);
    return ERR_OK;
}

static void write_what_fits(struct tcp_pcb *pcb)
{
    uint64_t left = bulk.total - bulk.written;
    uint16_t room = (uint16_t)LWIP_MIN(LWIP_MIN(left, tcp_sndbuf(pcb)), 65535);
    if (room == 0 || (room < MSS && room < left) || tcp_write(pcb, pattern_at(bulk.written), room, TCP_WRITE_FLAG_COPY) != ERR_OK)
        return;
    bulk.written += room;
    tcp_output(pcb);
}

// One connection from the handshake to the client's FIN; the time from the first byte written to the last one read.
static struct stopwatch transfer(uint64_t total, bool check)
{
    bulk.total = total, bulk.written = bulk.read = 0, bulk.check = check, bulk.connected = false, bulk.right = true;
    struct tcp_pcb *pcb = wire_socket(&client_end);
    tcp_recv(pcb, on_client_end);
    tcp_connect(pcb, &server_end.netif.ip_addr, PORT, on_connected);
    wire_run();
    if (!bulk.connected)
        fail("no connection");

    struct stopwatch start = stopwatch_start();
    while (bulk.read < total) {
        write_what_fits(pcb);
        wire_step();
        wire_check_timeouts();
    }
    struct stopwatch elapsed = stopwatch_elapsed(start);
    tcp_close(pcb);
    wire_run();
    return elapsed;
}

void run_bulk(const char *variant, bool quick)
{
    bulk.copy_out = strstr(variant, "zerocopy") == NULL;
    wire_start();
    tcp_accept(wire_listener(PORT), on_accept);

    // Every byte is compared here. The hundredth packet loses a bit of its payload in the wire, which only a verified checksum finds.
    uint64_t checked = quick ? 16u << 20 : 64u << 20;
    client_end.flip_at = 100;
    transfer(checked, true);
    bool right = bulk.right && bulk.read == checked && client_end.flip_at == 0;

    uint64_t total = quick ? 128u << 20 : 1u << 30, segments = client_end.packets, acks = server_end.packets;
    struct stopwatch elapsed = transfer(total, false);
    segments = client_end.packets - segments, acks = server_end.packets - acks;
    right &= bulk.read == total;

    char note[200];
    snprintf(note, sizeof note, "Window and send buffer %u B; %.2f segments an ACK; %u MiB compared before, one flipped bit dropped and sent again",
             (unsigned)TCP_WND, (double)segments / (double)acks, (unsigned)(checked >> 20));
    double units = (double)total / MSS;
    print_reading(variant, "ns/1460B", (double)elapsed.wall / units, (double)elapsed.cpu / units, right, note);
}
