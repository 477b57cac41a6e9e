#pragma once

#include <stddef.h>

// Zeroed memory in huge pages if there are any (transparent ones), so that a table of 32 MiB needs no 8,192 entries of the TLB.
void *memory_map(size_t size);
