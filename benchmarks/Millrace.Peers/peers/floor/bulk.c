// W1 without a protocol: the copies and checksums that a bulk transfer cannot do without.
#include "workloads.h"

#include "../common/reading.h"
#include "checksum.h"
#include "measure.h"
#include "memory.h"
#include "port.h"

enum { SEGMENT = 1460, FRAME = 2112, MOST_FRAMES = 256 * 1024 / SEGMENT, BUFFER = 44 * SEGMENT };

static struct {
    uint32_t frames; // in flight
    bool is_copying, has_checksum, is_read_in_place;
    uint8_t *sent, *received; // frames of the two ends; the same where the wire hands them over
    uint32_t sums[MOST_FRAMES];
    const uint8_t *source;    // the writing application's buffer
    uint8_t *sink;            // the reading one's
    uint64_t segments, wrong, seen;
} bulk;

enum way { FUSED, SEPARATE, WAYS };

// Copies with the sum, in one pass or two.
INLINE uint32_t copy_in(enum way way, uint8_t *to, const uint8_t *from)
{
    if (way == FUSED && bulk.has_checksum)
        return checksum_fold(checksum_copy_2k(to, from, SEGMENT));
    memcpy(to, from, SEGMENT);
    return bulk.has_checksum ? checksum_fold(checksum_add_2k(to, SEGMENT)) : 0;
}

INLINE void read_segment(enum way way, uint32_t i, const uint8_t *frame)
{
    uint8_t *to = bulk.sink + (size_t)i * SEGMENT;
    uint32_t sum = bulk.sums[i];
    if (bulk.is_read_in_place) {
        if (bulk.has_checksum)
            sum = checksum_fold(checksum_add_2k(frame, SEGMENT));
        for (uint32_t at = 0; at + 8 <= SEGMENT; at += 64) {
            uint64_t word;
            memcpy(&word, frame + at, 8);
            bulk.seen += word;
        }
    } else if (way == FUSED && bulk.has_checksum) {
        sum = checksum_fold(checksum_copy_2k(to, frame, SEGMENT));
    } else {
        if (bulk.has_checksum)
            sum = checksum_fold(checksum_add_2k(frame, SEGMENT));
        memcpy(to, frame, SEGMENT);
    }
    bulk.wrong += sum != bulk.sums[i];
}

// All that may be in flight is written, crosses the wire, is read.
INLINE void turn(enum way way)
{
    for (uint32_t i = 0; i < bulk.frames; i++)
        bulk.sums[i] = copy_in(way, bulk.sent + (size_t)i * FRAME, bulk.source + i * SEGMENT % BUFFER);
    DEVICE_BOUNDARY();
    if (bulk.is_copying)
        for (uint32_t i = 0; i < bulk.frames; i++)
            memcpy(bulk.received + (size_t)i * FRAME, bulk.sent + (size_t)i * FRAME, SEGMENT);
    DEVICE_BOUNDARY();
    for (uint32_t i = 0; i < bulk.frames; i++)
        read_segment(way, i, bulk.received + (size_t)i * FRAME);
    bulk.segments += bulk.frames;
}

static void turn_fused(void *state)
{
    (void)state;
    turn(FUSED);
}

static void turn_separate(void *state)
{
    (void)state;
    turn(SEPARATE);
}

static void (*const ways[WAYS])(void *) = {turn_fused, turn_separate};

// 16 MiB from changing places of the pattern, every byte compared; and a flipped bit of a frame, which the sum must show.
static bool check(enum way way)
{
    bool right = true;
    for (uint64_t position = 0; position < 16 << 20; position += (uint64_t)bulk.frames * SEGMENT) {
        bulk.source = pattern_at(position);
        memset(bulk.sink, 0, (size_t)bulk.frames * SEGMENT);
        ways[way](NULL);
        for (uint32_t i = 0; i < bulk.frames; i++) {
            const uint8_t *expected = bulk.source + i * SEGMENT % BUFFER;
            const uint8_t *got = bulk.is_read_in_place ? bulk.received + (size_t)i * FRAME : bulk.sink + (size_t)i * SEGMENT;
            right &= memcmp(got, expected, SEGMENT) == 0;
        }
    }
    right &= bulk.wrong == 0;
    if (bulk.has_checksum) {
        bulk.received[700] ^= 4;
        read_segment(way, 0, bulk.received);
        right &= bulk.wrong == 1;
        bulk.wrong = 0;
    }
    bulk.source = pattern_at(0);
    return right;
}

void run_bulk(const char *variant, bool quick)
{
    unsigned kibibytes = 64;
    sscanf(strchr(variant, '-') + 1, "%u", &kibibytes);
    bulk.frames = kibibytes * 1024 / SEGMENT;
    bulk.is_copying = strncmp(variant, "copying", 7) == 0;
    bulk.has_checksum = !strstr(variant, "nochecksum");
    bulk.is_read_in_place = strstr(variant, "zerocopy");
    bulk.sent = memory_map((size_t)bulk.frames * FRAME);
    bulk.received = bulk.is_copying ? memory_map((size_t)bulk.frames * FRAME) : bulk.sent;
    bulk.sink = memory_map((size_t)bulk.frames * SEGMENT);

    bool right = check(FUSED) && check(SEPARATE);
    struct measured results[WAYS];
    int best = measure_best(ways, WAYS, NULL, bulk.frames, quick ? 1 : 3, results);
    char note[160];
    snprintf(note, sizeof note, "no protocol; %s, %s %.1f ns; 16 MiB compared before", best == FUSED ? "copy and checksum in one pass" : "copy, then checksum",
             best == FUSED ? "in two" : "in one", results[1 - best].cpu);
    print_reading(variant, "ns/1460B", results[best].wall, results[best].cpu, right && bulk.wrong == 0, note);
}
