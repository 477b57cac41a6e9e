#include "fib.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
    struct nlmsghdr header;
    struct rtmsg route;
    struct {
        struct rtattr header;
        uint32_t value;
    } attributes[3];
};

enum { AT_ONCE = 500 };

// Only what failed is answered, but for the last, which asks for an answer: then all have been looked at.
static void send_all(int netlink, struct message *messages, uint32_t count)
{
    messages[count - 1].header.nlmsg_flags |= NLM_F_ACK;
    if (send(netlink, messages, count * sizeof *messages, 0) < 0)
        fail("rtnetlink: %s", strerror(errno));
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
    } answer;
    if (recv(netlink, &answer, sizeof answer, 0) < (ssize_t)sizeof(struct nlmsghdr) || answer.header.nlmsg_type != NLMSG_ERROR || answer.error.error != 0)
        fail("a route was not taken: %s", strerror(-answer.error.error));
}

void fib_load(const struct routes *routes, unsigned interface, uint32_t gateway)
{
    static struct message messages[AT_ONCE];
    int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), bytes = 1 << 20;
    if (netlink < 0 || setsockopt(netlink, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes))
        fail("rtnetlink: %s", strerror(errno));
    for (uint32_t done = 0; done < routes->count;) {
        uint32_t count = routes->count - done < AT_ONCE ? routes->count - done : AT_ONCE;
        for (uint32_t i = 0; i < count; i++) {
            const struct route *route = &routes->all[done + i];
            messages[i] = (struct message){
                {sizeof(struct message), RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL, done + i, 0},
                {.rtm_family = AF_INET, .rtm_dst_len = route->length, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST},
                {{{8, RTA_DST}, htonl(route->prefix)}, {{8, RTA_OIF}, interface}, {{8, RTA_GATEWAY}, htonl(gateway + route->next_hop)}},
            };
        }
        send_all(netlink, messages, count);
        done += count;
    }
    close(netlink);
}
