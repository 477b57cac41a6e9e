// Frames that arrive on an interface as if a driver had received them: BPF_PROG_TEST_RUN with live frames, in batches, in this thread.
#pragma once

#include "packets.h"

#include <stdbool.h>

enum { BATCH = 64, MOST_IN_BATCH = 256 };

// The packets to come, shared with the BPF programs. False, with the unsupported line printed, where the kernel does not let us.
bool generator_load(const char *variant, struct packets **packets);

// The XDP program of this name at an interface, instead of the one that was there.
void generator_attach(const char *program, unsigned interface);

// The program in place of the driver of an interface: each packet to be sent goes to it, behind the packet's last change.
void generator_attach_egress(const char *program, unsigned interface);
void generator_detach_egress(unsigned interface);

// Gives count packets, a multiple of batch, to the program, as received by the interface.
void generator_run(const char *program, unsigned interface, unsigned count, unsigned batch);

// A packet socket that sees what an interface sends and receives.
int watcher_open(unsigned interface);

// The next frame of at most size bytes that the interface received, or sent; its length, or -1 when there is no more.
int watcher_next(int watcher, bool sent, void *frame, unsigned size);
