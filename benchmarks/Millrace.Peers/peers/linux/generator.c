#include "generator.h"

#include "../common/reading.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// The object file, in the program: build says where it is.
extern const char bpf_object_begin[], bpf_object_end[];
__asm__(".section .rodata\n.balign 16\nbpf_object_begin: .incbin \"" BPF_OBJECT "\"\nbpf_object_end:\n.previous\n");

static struct bpf_object *object;

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
    return level == LIBBPF_WARN && getenv("LIBBPF_VERBOSE") ? vfprintf(stderr, format, arguments) : 0;
}

bool generator_load(const char *variant, struct packets **packets)
{
    libbpf_set_print(silent);
    object = bpf_object__open_mem(bpf_object_begin, (size_t)(bpf_object_end - bpf_object_begin), NULL);
    if (!object || bpf_object__load(object) != 0) {
        char why[120];
        snprintf(why, sizeof why, "the kernel does not load BPF programs here: %s", strerror(errno));
        print_unsupported(variant, why);
        return false;
    }
    int map = bpf_object__find_map_fd_by_name(object, "packets");
    *packets = mmap(NULL, sizeof **packets, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
    if (*packets == MAP_FAILED)
        fail("mmap of the map: %s", strerror(errno));
    return true;
}

static int program_named(const char *name)
{
    struct bpf_program *program = bpf_object__find_program_by_name(object, name);
    if (!program)
        fail("no BPF program %s", name);
    return bpf_program__fd(program);
}

void generator_attach(const char *program, unsigned interface)
{
    int error = bpf_xdp_attach((int)interface, program_named(program), 0, NULL);
    if (error)
        fail("XDP program %s at an interface: %s", program, strerror(-error));
}

void generator_attach_egress(const char *program, unsigned interface)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)interface, .attach_point = BPF_TC_EGRESS);
    LIBBPF_OPTS(bpf_tc_opts, options, .prog_fd = program_named(program));
    int error = bpf_tc_hook_create(&hook);
    error = error && error != -EEXIST ? error : bpf_tc_attach(&hook, &options);
    if (error)
        fail("tc program %s at an interface: %s", program, strerror(-error));
}

void generator_detach_egress(unsigned interface)
{
    LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)interface, .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
    int error = bpf_tc_hook_destroy(&hook);
    if (error)
        fail("clsact of an interface: %s", strerror(-error));
}

void generator_run(const char *program, unsigned interface, unsigned count, unsigned batch)
{
    static uint8_t empty[SOURCE_BYTES];
    int map = bpf_object__find_map_fd_by_name(object, "packets");
    static struct packets *packets;
    if (!packets)
        packets = mmap(NULL, sizeof *packets, PROT_READ, MAP_SHARED, map, 0);
    struct xdp_md arrival = {.data_end = packets->length, .ingress_ifindex = interface};
    LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = empty, .data_size_in = packets->length, .ctx_in = &arrival, .ctx_size_in = sizeof arrival,
                .repeat = (int)count, .batch_size = batch, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
    int error = bpf_prog_test_run_opts(program_named(program), &options);
    if (error)
        fail("BPF_PROG_TEST_RUN of %s: %s", program, strerror(-error));
}

int watcher_open(unsigned interface)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)interface};
    int watcher = socket(AF_PACKET, SOCK_RAW, 0), bytes = 64 << 20;
    if (watcher < 0 || bind(watcher, (struct sockaddr *)&at, sizeof at) || setsockopt(watcher, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
        fail("packet socket: %s", strerror(errno));
    return watcher;
}

int watcher_next(int watcher, bool sent, void *frame, unsigned size)
{
    for (;;) {
        struct sockaddr_ll from;
        socklen_t length = sizeof from;
        ssize_t bytes = recvfrom(watcher, frame, size, MSG_DONTWAIT, (struct sockaddr *)&from, &length);
        if (bytes < 0)
            return -1;
        if ((from.sll_pkttype == PACKET_OUTGOING) == sent)
            return (int)bytes;
    }
}
