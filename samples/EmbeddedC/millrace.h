/*
 * millrace.h - a network stack in your program: TCP and UDP over IPv4, driven by calls, without threads, clocks or devices.
 *
 * You give it IP packets and the time, and it gives you IP packets and the time it wants to be called next. In between you use sockets
 * as on Linux, with Linux's constants and structures (this is 64-bit Linux's interface). Sockets never block. Every result is 0 or more,
 * or an error number negated (-EAGAIN); errno is not touched. A stack is for one thread at a time; stacks share nothing.
 *
 * What a call sends is ready for millrace_output() when it returns, at the time that was given last.
 *
 *     millrace_stack *stack;
 *     struct millrace_options options = { sizeof options, "10.0.0.2/24", 1500, 0, { 0, 0 } };
 *     millrace_create(&options, &stack);
 *     int listener = millrace_socket(stack, AF_INET, SOCK_STREAM, 0);
 *     ...
 *     for (;;) {
 *         while ((length = millrace_output(stack, packet, sizeof packet)) > 0)
 *             write(tun, packet, length);
 *         wait for tun until millrace_deadline(stack), then
 *         millrace_input(stack, packet, length, now) or millrace_advance(stack, now);
 *     }
 */
#ifndef MILLRACE_H
#define MILLRACE_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct millrace_stack millrace_stack;

struct millrace_options {
    size_t length;       /* sizeof(struct millrace_options) */
    const char *address; /* of the stack and its network, "10.0.0.2/24"; everything else is reached by the packets too */
    uint32_t mtu;        /* bytes of the largest IP packet, 68 to 65521; 0 is 1500 */
    uint32_t sockets;    /* descriptors at once; 0 is 1024 */
    uint64_t seed[2];    /* secret of sequence numbers, ports, cookies: the same seed and calls give the same packets; 0, 0 asks the system */
};

/* -EINVAL if an option is wrong; millrace_last_error() says which. */
int millrace_create(const struct millrace_options *options, millrace_stack **stack);

/* Frees all of it; connections are not told. The pointer must not be used again. */
int millrace_destroy(millrace_stack *stack);

/*
 * What the last failed call of this thread had to say beyond its number, "" if nothing; valid until the next call of this function in the
 * thread. -ENOTRECOVERABLE: the stack has faulted, every call will say so, destroy it.
 */
const char *millrace_last_error(void);

/* ---- packets and time: microseconds of any clock that does not go back */

/* Takes in one IP packet, and does what is due. -ENOBUFS if the packet found no room, -EINVAL if it is none or time went back. */
int millrace_input(millrace_stack *stack, const void *packet, size_t length, int64_t now);

/* The next packet that leaves: its length, 0 if there is none, -EMSGSIZE if it does not fit (it stays). */
ssize_t millrace_output(millrace_stack *stack, void *buffer, size_t length);

/* Does what is due: timers, retransmissions, acknowledgments that waited; and goes on after millrace_output() made room. */
int millrace_advance(millrace_stack *stack, int64_t now);

/* When millrace_advance() has work next; INT64_MAX for never. */
int64_t millrace_deadline(millrace_stack *stack);

/* ---- settings, by the names and values of /proc/sys: "net.ipv4.tcp_sack", "0" or "net.ipv4.tcp_rmem", "4096 131072 6291456" */

/* -ENOENT for a name that is not known, -EINVAL for a value that is not taken, -EPERM for what the library fixes. README.md has the names. */
int millrace_sysctl(millrace_stack *stack, const char *name, const char *value);

/* The length of the text, which is ended by a zero. */
int millrace_sysctl_get(millrace_stack *stack, const char *name, char *buffer, size_t length);

/*
 * ---- sockets
 *
 * AF_INET with SOCK_STREAM or SOCK_DGRAM; addresses are struct sockaddr_in. Descriptors are the stack's own, from 0.
 *
 * Flags:        MSG_PEEK MSG_TRUNC MSG_DONTWAIT MSG_WAITALL MSG_NOSIGNAL MSG_MORE MSG_OOB MSG_FASTOPEN MSG_DONTROUTE
 *               MSG_CONFIRM as on Linux; MSG_EOR and MSG_ZEROCOPY on the way out are -EOPNOTSUPP.
 * SOL_SOCKET:   SO_TYPE SO_DOMAIN SO_PROTOCOL SO_ERROR SO_ACCEPTCONN SO_REUSEADDR SO_KEEPALIVE SO_LINGER (close with a time of 0 resets;
 *               with another it does not wait) SO_RCVBUF SO_SNDBUF SO_MAX_PACING_RATE SO_RCVLOWAT SO_PEEK_OFF SO_OOBINLINE;
 *               of datagrams SO_BROADCAST.
 * IPPROTO_TCP:  TCP_NODELAY TCP_CORK TCP_QUICKACK TCP_DEFER_ACCEPT TCP_NOTSENT_LOWAT TCP_MAXSEG TCP_KEEPIDLE TCP_KEEPINTVL TCP_KEEPCNT
 *               TCP_SYNCNT TCP_LINGER2 TCP_WINDOW_CLAMP TCP_USER_TIMEOUT TCP_FASTOPEN, and to be read
 *               TCP_INFO (struct tcp_info of <linux/tcp.h>; what the stack does not know is 0).
 * Any other:    -ENOPROTOOPT, among them SO_REUSEPORT SO_RCVTIMEO SO_SNDTIMEO, TCP_CONGESTION TCP_FASTOPEN_CONNECT
 *               TCP_FASTOPEN_KEY, and all of IPPROTO_IP.
 * Requests:     SIOCINQ (FIONREAD) SIOCOUTQ (TIOCOUTQ) SIOCOUTQNSD SIOCATMARK; any other -ENOTTY.
 */
int millrace_socket(millrace_stack *stack, int family, int type, int protocol);
int millrace_bind(millrace_stack *stack, int socket, const struct sockaddr *address, socklen_t length);
int millrace_listen(millrace_stack *stack, int socket, int backlog);
int millrace_accept(millrace_stack *stack, int socket, struct sockaddr *address, socklen_t *length);
int millrace_connect(millrace_stack *stack, int socket, const struct sockaddr *address, socklen_t length);

ssize_t millrace_read(millrace_stack *stack, int socket, void *buffer, size_t length);
ssize_t millrace_write(millrace_stack *stack, int socket, const void *buffer, size_t length);
ssize_t millrace_readv(millrace_stack *stack, int socket, const struct iovec *vectors, int count);
ssize_t millrace_writev(millrace_stack *stack, int socket, const struct iovec *vectors, int count);
ssize_t millrace_recv(millrace_stack *stack, int socket, void *buffer, size_t length, int flags);
ssize_t millrace_send(millrace_stack *stack, int socket, const void *buffer, size_t length, int flags);
ssize_t millrace_recvfrom(
    millrace_stack *stack, int socket, void *buffer, size_t length, int flags, struct sockaddr *address, socklen_t *address_length);
ssize_t millrace_sendto(
    millrace_stack *stack, int socket, const void *buffer, size_t length, int flags, const struct sockaddr *address, socklen_t address_length);

/* Control messages are neither read nor written. */
ssize_t millrace_recvmsg(millrace_stack *stack, int socket, struct msghdr *message, int flags);
ssize_t millrace_sendmsg(millrace_stack *stack, int socket, const struct msghdr *message, int flags);

int millrace_shutdown(millrace_stack *stack, int socket, int how);
int millrace_close(millrace_stack *stack, int socket);

/* What is ready now; it does not wait. */
int millrace_poll(millrace_stack *stack, struct pollfd *entries, nfds_t count);

int millrace_getsockname(millrace_stack *stack, int socket, struct sockaddr *address, socklen_t *length);
int millrace_getpeername(millrace_stack *stack, int socket, struct sockaddr *address, socklen_t *length);
int millrace_getsockopt(millrace_stack *stack, int socket, int level, int name, void *value, socklen_t *length);
int millrace_setsockopt(millrace_stack *stack, int socket, int level, int name, const void *value, socklen_t length);
int millrace_ioctl(millrace_stack *stack, int socket, unsigned long request, int *value);

#ifdef __cplusplus
}
#endif

#endif
