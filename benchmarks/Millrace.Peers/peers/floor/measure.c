#include "measure.h"

#include "../common/reading.h"

enum { ROUNDS = 31, MOST_WAYS = 8 };

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct stopwatch repeat(void (*batch)(void *), void *state, uint32_t times)
{
    struct stopwatch start = stopwatch_start();
    for (uint32_t i = 0; i < times; i++)
        batch(state);
    return stopwatch_elapsed(start);
}

int measure_best(void (*const *batches)(void *), int ways, void *state, uint32_t packets, double seconds, struct measured *results)
{
    static double wall[MOST_WAYS][ROUNDS], cpu[MOST_WAYS][ROUNDS];
    uint32_t times[MOST_WAYS];
    for (int way = 0; way < ways; way++) {
        uint32_t trial = 1;
        struct stopwatch elapsed;
        while ((elapsed = repeat(batches[way], state, trial)).cpu < 10000000)
            trial *= 2;
        times[way] = (uint32_t)(seconds * 1e9 / (ways * ROUNDS) / ((double)elapsed.cpu / trial)) + 1;
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int way = 0; way < ways; way++) {
            struct stopwatch elapsed = repeat(batches[way], state, times[way]);
            wall[way][round] = (double)elapsed.wall / times[way] / packets;
            cpu[way][round] = (double)elapsed.cpu / times[way] / packets;
        }
    int best = 0;
    for (int way = 0; way < ways; way++) {
        qsort(wall[way], ROUNDS, sizeof(double), compare);
        qsort(cpu[way], ROUNDS, sizeof(double), compare);
        results[way] = (struct measured){wall[way][ROUNDS / 2], cpu[way][ROUNDS / 2]};
        if (results[way].cpu < results[best].cpu)
            best = way;
    }
    return best;
}

struct measured measure(void (*batch)(void *), void *state, uint32_t packets, double seconds)
{
    struct measured result;
    measure_best(&batch, 1, state, packets, seconds, &result);
    return result;
}
