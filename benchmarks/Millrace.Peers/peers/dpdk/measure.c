#include "measure.h"

#include "../common/reading.h"

enum { ROUNDS = 20 };

static struct stopwatch round_of(struct medium *medium, void (*batch)(struct medium *), enum way way, uint32_t batches)
{
    medium->way = way;
    struct stopwatch start = stopwatch_start();
    for (uint32_t i = 0; i < batches; i++)
        batch(medium);
    return stopwatch_elapsed(start);
}

struct measured measure(struct medium *medium, void (*batch)(struct medium *), double seconds)
{
    const uint32_t trial = 2000;
    round_of(medium, batch, BY_DEVICE, trial);
    round_of(medium, batch, BY_POOL, trial);
    uint64_t a_batch = round_of(medium, batch, BY_DEVICE, trial).cpu / trial + 1;
    uint32_t batches = (uint32_t)(seconds * 1e9 / (2 * ROUNDS) / (double)a_batch) + 1;

    struct measured measured = {.packets = 2ull * ROUNDS * batches * medium->batch};
    for (int round = 0; round < ROUNDS; round++) {
        for (enum way way = BY_DEVICE; way <= BY_POOL; way++) {
            struct stopwatch elapsed = round_of(medium, batch, way, batches);
            measured.wall[way] += (double)elapsed.wall;
            measured.cpu[way] += (double)elapsed.cpu;
        }
    }
    for (enum way way = BY_DEVICE; way <= BY_POOL; way++) {
        measured.wall[way] /= (double)measured.packets / 2;
        measured.cpu[way] /= (double)measured.packets / 2;
    }
    return measured;
}

void measured_print(const struct measured *measured, const char *variant, bool valid, const char *note)
{
    char text[300];
    snprintf(text, sizeof text, "%s; null device %.1f ns, mbufs straight from the pool %.1f ns by processor time%s", note, measured->cpu[BY_DEVICE],
             measured->cpu[BY_POOL], rte_eal_has_hugepages() ? "" : "; no huge pages are reserved");
    print_reading(variant, "ns/packet", measured->wall[BY_DEVICE], measured->cpu[BY_DEVICE], valid, text);
}
