#pragma once

#include <stdbool.h>

void run_bulk(const char *variant, bool quick);
void run_pingpong(const char *variant, bool quick);
void run_pingpong_latency(const char *variant, bool quick);
void run_connecting(const char *variant, bool quick);
void run_open_connections(const char *variant, bool quick);
void run_routes(const char *variant, bool quick);
void run_reflecting(const char *variant, bool quick);
