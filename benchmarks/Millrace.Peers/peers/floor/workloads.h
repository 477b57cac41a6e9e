#pragma once

#include <stdbool.h>

void run_reflect(const char *variant, bool quick);
void run_reflect_latency(const char *variant, bool quick);
void run_route(const char *variant, bool quick);
void run_verify(const char *variant, bool quick);
void run_bulk(const char *variant, bool quick);
