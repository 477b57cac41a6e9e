#pragma once

#include "namespaces.h"

struct connection {
    int client, server;
};

// Buffers of 0 bytes are the system's own, and tune themselves.
int listen_at(uint16_t port, int buffer);
struct connection connect_to(int listener, uint16_t port, int buffer);

// 64 numbered bytes there and back, compared whole.
bool exchange_message(struct connection *connection);
bool exchange_byte(struct connection *connection, uint8_t byte);
