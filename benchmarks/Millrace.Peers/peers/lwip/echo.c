#include "echo.h"

#include "../common/reading.h"

static err_t on_server_data(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)arg, (void)err;
    if (!p)
        return tcp_close(pcb);
    uint8_t message[LONGEST_MESSAGE];
    uint16_t length = pbuf_copy_partial(p, message, sizeof message, 0);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return tcp_write(pcb, message, length, TCP_WRITE_FLAG_COPY); // tcp_input calls tcp_output when this returns
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)arg, (void)err;
    tcp_nagle_disable(pcb);
    tcp_recv(pcb, on_server_data);
    return ERR_OK;
}

void echo_server_start(void)
{
    tcp_accept(wire_listener(ECHO_PORT), on_accept);
}

static err_t on_client_data(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    (void)err;
    if (!p)
        return ERR_OK;
    struct echo_client *client = arg;
    uint8_t message[LONGEST_MESSAGE];
    uint16_t length = pbuf_copy_partial(p, message, sizeof message, 0);
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    client->right = length == client->waiting && memcmp(message, client->sent, length) == 0;
    client->waiting = 0;
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    (void)pcb;
    ((struct echo_client *)arg)->connected = err == ERR_OK;
    return ERR_OK;
}

void echo_open(struct echo_client *client)
{
    client->pcb = wire_socket(&client_end);
    client->connected = false;
    tcp_arg(client->pcb, client);
    tcp_nagle_disable(client->pcb);
    tcp_recv(client->pcb, on_client_data);
    if (tcp_connect(client->pcb, &server_end.netif.ip_addr, ECHO_PORT, on_connected) != ERR_OK)
        fail("tcp_connect failed");
    wire_run();
    if (!client->connected)
        fail("no connection");
}

bool echo_exchange(struct echo_client *client, uint32_t length)
{
    static uint64_t number;
    memcpy(client->sent, pattern_at(number), length);
    memcpy(client->sent, &number, LWIP_MIN(length, sizeof number));
    number++;
    client->waiting = length;
    client->right = false;
    if (tcp_write(client->pcb, client->sent, (uint16_t)length, TCP_WRITE_FLAG_COPY) != ERR_OK || tcp_output(client->pcb) != ERR_OK)
        return false;
    wire_run();
    wire_check_timeouts();
    return client->right;
}

void echo_close(struct echo_client *client)
{
    tcp_recv(client->pcb, NULL);
    tcp_close(client->pcb);
    wire_run();
}
