// A server that sends back what it reads, and a client that sends a message and waits for it to come back.
#pragma once

#include "wire.h"

enum { ECHO_PORT = 7, LONGEST_MESSAGE = 64 };

struct echo_client {
    struct tcp_pcb *pcb;
    uint32_t waiting; // bytes that have not come back
    bool connected, right;
    uint8_t sent[LONGEST_MESSAGE];
};

void echo_server_start(void);

// Opens; fails the program if no connection comes of it.
void echo_open(struct echo_client *client);

// Sends a message that no other one equals and waits for it; false if other bytes came back.
bool echo_exchange(struct echo_client *client, uint32_t length);

void echo_close(struct echo_client *client);
