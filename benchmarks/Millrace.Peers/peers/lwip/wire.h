// Two interfaces of the one stack that lwIP's globals allow, joined by a wire in memory that copies each packet.
#pragma once

#include "lwip/netif.h"
#include "lwip/tcp.h"

#include <stdbool.h>
#include <stdint.h>

enum { MTU = 1500 };

struct wire_end {
    struct netif netif;
    struct frame *first, **last; // towards this end
    uint64_t packets;            // sent from this end
    uint64_t flip_at;            // the packet, counted down, whose last byte loses a bit; 0: none
};

extern struct wire_end client_end, server_end;

// Segments with RST that crossed the wire.
extern uint64_t resets;

void wire_start(void);

// Gives each end what has been sent to it, until both are silent.
void wire_run(void);

// Gives each end once what has been sent to it.
void wire_step(void);

// Runs lwIP's timers (retransmission, delayed ACK) if due, looking at the clock every 64th time.
void wire_check_timeouts(void);

// A connection's block whose segments leave by this end, whatever the routes say: both addresses are the stack's own.
struct tcp_pcb *wire_socket(struct wire_end *end);

// A listener of the server's end.
struct tcp_pcb *wire_listener(uint16_t port);
