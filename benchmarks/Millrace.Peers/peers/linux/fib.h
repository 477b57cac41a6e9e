// The kernel's IPv4 routes, by rtnetlink.
#pragma once

#include "../common/routes.h"

// Into the main table of the namespace that is entered; next hop n is gateway + n, behind the interface.
void fib_load(const struct routes *routes, unsigned interface, uint32_t gateway);
