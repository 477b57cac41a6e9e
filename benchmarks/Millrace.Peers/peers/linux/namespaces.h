// Network namespaces. They and their interfaces end with the process that holds them.
#pragma once

#include "../common/reading.h"

enum { CLIENT, SERVER };

struct offloads {
    bool checksum, segmentation;
};

// A new namespace is entered. False, with the unsupported line printed, where the machine does not let us.
bool namespace_new(const char *variant);

// ip(8) in the namespace that is entered.
void namespace_ip(const char *format, ...);

// Two of them, joined by a veth pair. The variant says what of TCP is on: timestamps, or all with CUBIC (full), or no timestamps.
extern const char *namespaces_congestion_control; // of each socket, because a namespace may not choose one that the machine restricts; NULL: the machine's
bool namespaces_make(const char *variant, struct offloads offloads);

void namespace_enter(int which);

// Sets a value below /proc/sys/net of the namespace that is entered.
void namespace_set(const char *name, const char *value);

// A counter of TCP of a namespace, as /proc/net/snmp names it.
uint64_t namespace_counter(int which, const char *name);

// Whether a segment with a wrong checksum is counted and dropped by the server.
bool namespace_verifies_checksums(uint16_t port);

// Before the first of the clocks below, on the processor that the thread stays on; namespaces_make does it.
void softirq_clock_find(void);

// Wall clock; processor time of this thread, in whose name the sent packet is also received (softirq), and of the ksoftirqd of its processor.
struct stopwatch kernel_stopwatch_start(void);
struct stopwatch kernel_stopwatch_elapsed(struct stopwatch start);
