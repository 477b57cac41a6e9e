#include "memory.h"

#include "../common/reading.h"

#include <sys/mman.h>

void *memory_map(size_t size)
{
    const size_t huge = 2u << 20;
    size = (size + huge - 1) & ~(huge - 1);
    uint8_t *mapped = mmap(NULL, size + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        fail("no memory for %zu bytes", size);
    uint8_t *aligned = (uint8_t *)(((uintptr_t)mapped + huge - 1) & ~(huge - 1));
    madvise(aligned, size, MADV_HUGEPAGE);
    memset(aligned, 0, size);
    return aligned;
}
