#include "sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static int socket_in(int which, int buffer)
{
    namespace_enter(which);
    int socket_ = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (socket_ < 0)
        fail("socket: %s", strerror(errno));
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const char *control = namespaces_congestion_control;
    if (control && setsockopt(socket_, IPPROTO_TCP, TCP_CONGESTION, control, strlen(control)))
        fail("TCP_CONGESTION: %s", strerror(errno));
    if (buffer && (setsockopt(socket_, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer) || setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer)))
        fail("SO_SNDBUFFORCE, SO_RCVBUFFORCE: %s", strerror(errno));
    return socket_;
}

static struct sockaddr_in server_address(uint16_t port)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = inet_addr("10.0.0.2")};
}

int listen_at(uint16_t port, int buffer)
{
    int listener = socket_in(SERVER, buffer);
    struct sockaddr_in address = server_address(port);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16))
        fail("listen: %s", strerror(errno));
    return listener;
}

struct connection connect_to(int listener, uint16_t port, int buffer)
{
    struct connection connection = {socket_in(CLIENT, buffer), -1};
    struct sockaddr_in address = server_address(port);
    if (connect(connection.client, (struct sockaddr *)&address, sizeof address))
        fail("connect: %s", strerror(errno));
    connection.server = accept4(listener, NULL, NULL, 0);
    int on = 1;
    if (connection.server < 0 || setsockopt(connection.server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on))
        fail("accept: %s", strerror(errno));
    return connection;
}

bool exchange_message(struct connection *connection)
{
    static uint64_t number;
    uint8_t message[64], arrived[64];
    memcpy(message, pattern_at(0), sizeof message);
    memcpy(message, &(uint64_t){++number}, sizeof number);
    bool right = send(connection->client, message, 64, 0) == 64 && recv(connection->server, arrived, 64, MSG_WAITALL) == 64 &&
                 send(connection->server, arrived, 64, 0) == 64;
    memset(arrived, 0, sizeof arrived);
    return right && recv(connection->client, arrived, 64, MSG_WAITALL) == 64 && memcmp(message, arrived, 64) == 0;
}

bool exchange_byte(struct connection *connection, uint8_t byte)
{
    uint8_t seen, answer = (uint8_t)~byte;
    return send(connection->client, &byte, 1, 0) == 1 && recv(connection->server, &seen, 1, 0) == 1 && seen == byte &&
           send(connection->server, &answer, 1, 0) == 1 && recv(connection->client, &seen, 1, 0) == 1 && seen == answer;
}
