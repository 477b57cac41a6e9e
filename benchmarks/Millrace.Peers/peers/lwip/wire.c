#include "wire.h"

#include "../common/reading.h"

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/timeouts.h"

struct frame {
    struct pbuf_custom pbuf;
    struct frame *next;
    uint16_t length;
    uint8_t bytes[MTU];
};

struct wire_end client_end, server_end;
uint64_t resets;

// Last in, first out: the next packet is copied into what is still in the cache. lwIP's own PBUF_POOL is malloc in Debian's build.
static struct frame *frames;

static void frame_free(struct pbuf *p)
{
    struct frame *f = (struct frame *)p;
    f->next = frames;
    frames = f;
}

static struct frame *frame_take(void)
{
    struct frame *f = frames;
    if (f)
        frames = f->next;
    else if (!(f = malloc(sizeof *f)))
        fail("no memory for a frame");
    f->pbuf.custom_free_function = frame_free;
    f->next = NULL;
    return f;
}

static err_t wire_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *next_hop)
{
    (void)next_hop;
    struct wire_end *from = netif->state, *to = from == &client_end ? &server_end : &client_end;
    struct frame *f = frame_take();
    f->length = pbuf_copy_partial(p, f->bytes, sizeof f->bytes, 0);
    from->packets++;
    resets += f->bytes[20 + 13] >> 2 & 1; // IPv4 without options, and all is TCP
    if (from->flip_at && --from->flip_at == 0)
        f->bytes[f->length - 1] ^= 0x10;
    *to->last = f;
    to->last = &f->next;
    return ERR_OK;
}

static void deliver(struct wire_end *end)
{
    struct frame *next, *f = end->first;
    end->first = NULL;
    end->last = &end->first;
    for (; f; f = next) {
        next = f->next;
        struct pbuf *p = pbuf_alloced_custom(PBUF_RAW, f->length, PBUF_REF, &f->pbuf, f->bytes, sizeof f->bytes);
        if (end->netif.input(p, &end->netif) != ERR_OK)
            fail("ip_input refused a packet");
    }
}

void wire_step(void)
{
    deliver(&server_end);
    deliver(&client_end);
}

void wire_run(void)
{
    while (client_end.first || server_end.first)
        wire_step();
}

void wire_check_timeouts(void)
{
    static unsigned calls;
    if (++calls % 64 == 0)
        sys_check_timeouts();
}

static err_t wire_netif(struct netif *netif)
{
    netif->name[0] = 'w';
    netif->name[1] = 'e';
    netif->output = wire_output;
    netif->mtu = MTU;
    return ERR_OK;
}

static void end_start(struct wire_end *end, uint8_t host)
{
    ip4_addr_t address, mask, gateway = {0};
    IP4_ADDR(&address, 10, 0, 0, host);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    end->last = &end->first;
    if (!netif_add(&end->netif, &address, &mask, &gateway, end, wire_netif, ip_input))
        fail("netif_add failed");
    netif_set_up(&end->netif);
    netif_set_link_up(&end->netif);
}

void wire_start(void)
{
    // Without tcpip_init: no thread of lwIP's own; this thread is the stack.
    lwip_init();
    end_start(&client_end, 1);
    end_start(&server_end, 2);
}

struct tcp_pcb *wire_socket(struct wire_end *end)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_V4);
    if (!pcb)
        fail("tcp_new failed");
    tcp_bind_netif(pcb, &end->netif);
    return pcb;
}

struct tcp_pcb *wire_listener(uint16_t port)
{
    struct tcp_pcb *pcb = wire_socket(&server_end);
    if (tcp_bind(pcb, &server_end.netif.ip_addr, port) != ERR_OK || !(pcb = tcp_listen(pcb)))
        fail("cannot listen on port %u", port);
    return pcb;
}
