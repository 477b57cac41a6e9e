// W1: bytes in one direction, the application copying in and out; over one connection, or shared by several.
#include "workloads.h"

#include "../common/reading.h"
#include "wire.h"

enum { PORT = 5001, MSS = 1460 };

// One connection, seen from both ends.
struct flow {
    struct tcp_pcb *client;
    uint64_t written, read;
    bool connected;
};

static struct {
    struct flow *flows;
    uint32_t count, accepted;
    uint64_t each, read; // bytes: a flow's share, and what all have read
    bool check, copy_out, right;
    uint8_t buffer[65536];
} bulk;

static void read_copying(struct flow *flow, struct pbuf *p)
{
    pbuf_copy_partial(p, bulk.buffer, p->tot_len, 0);
    if (bulk.check && memcmp(bulk.buffer, pattern_at(flow->read), p->tot_len) != 0)
        bulk.right = false;
}

// Looks at each eighth byte where it lies.
static void read_in_place(struct flow *flow, struct pbuf *p)
{
    static volatile uint64_t seen;
    uint64_t sum = 0, position = flow->read;
    for (; p; position += p->len, p = p->next) {
        const uint8_t *bytes = p->payload;
        for (uint32_t i = 0; i < p->len; i += 8)
            sum += bytes[i];
        if (bulk.check && memcmp(bytes, pattern_at(position), p->len) != 0)
            bulk.right = false;
    }
    seen += sum;
}

static err_t on_server_data(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)err;
    struct flow *flow = arg;
    if (!p)
        return tcp_close(pcb);
    if (bulk.copy_out)
        read_copying(flow, p);
    else
        read_in_place(flow, p);
    flow->read += p->tot_len;
    bulk.read += p->tot_len;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg, (void)err;
    tcp_arg(pcb, &bulk.flows[bulk.accepted++]); // they connect one after another
    tcp_recv(pcb, on_server_data);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)pcb;
    ((struct flow *)arg)->connected = err == ERR_OK;
    return ERR_OK;
}

static void flow_open(struct flow *flow)
{
    flow->client = wire_socket(&client_end);
    tcp_arg(flow->client, flow);
    if (tcp_connect(flow->client, &server_end.netif.ip_addr, PORT, on_connected) == ERR_OK)
        wire_run();
    if (!flow->connected)
        fail("no connection");
}

static void write_what_fits(struct flow *flow)
{
    uint64_t left = bulk.each - flow->written;
    uint16_t room = (uint16_t)LWIP_MIN(LWIP_MIN(left, tcp_sndbuf(flow->client)), 65535);
    if (room == 0 || (room < MSS && room < left) || tcp_write(flow->client, pattern_at(flow->written), room, TCP_WRITE_FLAG_COPY) != ERR_OK)
        return;
    flow->written += room;
    if (flow->written == bulk.each)
        tcp_nagle_disable(flow->client); // the last, short segment would wait for a delayed ACK, 0.2 s
    tcp_output(flow->client);
}

// From the handshakes to the client's FINs; the time from the first byte written to the last one read.
static struct stopwatch transfer(uint64_t total, bool check, uint64_t flip_at)
{
    bulk.each = total / bulk.count;
    bulk.accepted = 0;
    bulk.read = 0;
    bulk.check = check;
    bulk.right = true;
    memset(bulk.flows, 0, bulk.count * sizeof *bulk.flows);
    for (uint32_t i = 0; i < bulk.count; i++)
        flow_open(&bulk.flows[i]);

    client_end.flip_at = flip_at;
    struct stopwatch start = stopwatch_start();
    for (uint32_t i = 0; bulk.read < bulk.each * bulk.count; i = i + 1 < bulk.count ? i + 1 : 0) {
        write_what_fits(&bulk.flows[i]);
        wire_step();
        wire_check_timeouts();
    }
    struct stopwatch elapsed = stopwatch_elapsed(start);
    for (uint32_t i = 0; i < bulk.count; i++) {
        bulk.right &= bulk.flows[i].read == bulk.each;
        tcp_close(bulk.flows[i].client);
        wire_run();
    }
    return elapsed;
}

void run_bulk(const char *variant, bool quick)
{
    bulk.count = 1;
    sscanf(variant, "flows-%u", &bulk.count);
    bulk.flows = calloc(bulk.count, sizeof *bulk.flows);
    bulk.copy_out = strstr(variant, "zerocopy") == NULL;
    wire_start();
    tcp_accept(wire_listener(PORT), on_accept);

    // Every byte is compared here. One packet loses a bit of its payload in the wire, which only a verified checksum finds.
    uint64_t checked = quick ? 16u << 20 : 64u << 20;
    transfer(checked, true, 5000);
    bool right = bulk.right && client_end.flip_at == 0;

    uint64_t total = quick ? 128u << 20 : 1u << 30, segments = client_end.packets, acks = server_end.packets;
    struct stopwatch elapsed = transfer(total, false, 0);
    segments = client_end.packets - segments, acks = server_end.packets - acks;
    right &= bulk.right && resets == 0;

    char note[200];
    snprintf(note, sizeof note, "window and send buffer %u B; %.2f segments an ACK; %u MiB compared before, one flipped bit dropped and sent again",
             (unsigned)TCP_WND, (double)segments / (double)acks, (unsigned)(checked >> 20));
    double units = (double)(bulk.each * bulk.count) / MSS;
    print_reading(variant, "ns/1460B", (double)elapsed.wall / units, (double)elapsed.cpu / units, right, note);
}
