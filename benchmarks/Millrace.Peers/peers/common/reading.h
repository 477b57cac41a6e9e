// What every peer written in C shares: the clocks, the bytes that are sent, one line of JSON a figure, and the command line.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Nanoseconds of a clock of clock_gettime(2).
static inline uint64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// Wall clock and processor time of this thread, side by side.
struct stopwatch {
    uint64_t wall, cpu;
};

static inline struct stopwatch stopwatch_start(void)
{
    return (struct stopwatch){nanoseconds(CLOCK_MONOTONIC), nanoseconds(CLOCK_THREAD_CPUTIME_ID)};
}

static inline struct stopwatch stopwatch_elapsed(struct stopwatch start)
{
    return (struct stopwatch){nanoseconds(CLOCK_MONOTONIC) - start.wall, nanoseconds(CLOCK_THREAD_CPUTIME_ID) - start.cpu};
}

// Ends the program: it failed itself, which is not a bad figure.
#define fail(...)                                    \
    do {                                             \
        fprintf(stderr, __VA_ARGS__);                \
        fputc('\n', stderr);                         \
        exit(1);                                     \
    } while (0)

static inline void print_reading(const char *variant, const char *unit, double value, double cpu, bool valid, const char *note)
{
    printf("{\"variant\":\"%s\",\"unit\":\"%s\",\"value\":%.10g,\"cpu\":", variant, unit, value);
    printf(cpu > 0 ? "%.10g" : "null", cpu);
    printf(",\"valid\":%s,\"note\":\"%s\"}\n", valid ? "true" : "false", note);
    fflush(stdout);
}

static inline void print_unsupported(const char *variant, const char *why)
{
    printf("{\"variant\":\"%s\",\"unsupported\":true,\"note\":\"%s\"}\n", variant, why);
}

// The stream: byte i of a connection is pattern[i % PATTERN]. The period is prime, so that no segment, write or buffer falls into
// step with it, and it lies twice, so that 64 KiB from any place are contiguous.
enum { PATTERN = 65521 };

static inline const uint8_t *pattern_at(uint64_t position)
{
    static uint8_t pattern[PATTERN + 65536];
    static bool made;
    if (!made)
        for (uint32_t i = 0; i < sizeof pattern; i++)
            pattern[i] = (uint8_t)((i % PATTERN * 2654435761u) >> 13);
    made = true;
    return pattern + position % PATTERN;
}

// xorshift64*, as all systems draw routes and traffic.
static inline uint64_t draw(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Dull;
}

#define SEED 0x9E3779B97F4A7C15ull

struct workload {
    const char *name, *variant; // without a variant: all that are not in a row before
    void (*run)(const char *variant, bool quick);
    const char *unsupported; // why, where run is null
};

// list | run WORKLOAD VARIANT [--quick]
static inline int run_program(int argc, char **argv, const struct workload *all, size_t count)
{
    if (argc == 2 && strcmp(argv[1], "list") == 0) {
        for (size_t i = 0; i < count; i++)
            if (all[i].variant)
                printf("%s %s\n", all[i].name, all[i].variant);
        return 0;
    }
    bool quick = argc == 5 && strcmp(argv[4], "--quick") == 0;
    if ((argc != 4 && !quick) || strcmp(argv[1], "run") != 0) {
        fprintf(stderr, "Usage: %s list | run WORKLOAD VARIANT [--quick]\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, argv[2]) != 0 || (all[i].variant && strcmp(all[i].variant, argv[3]) != 0))
            continue;
        if (all[i].run)
            all[i].run(argv[3], quick);
        else
            print_unsupported(argv[3], all[i].unsupported);
        return 0;
    }
    print_unsupported(argv[3], "this program has no such workload");
    return 0;
}
