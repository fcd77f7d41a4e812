// What a complete search costs; rows of the benchmark's table.
#pragma once

#include <benchmark/benchmark.h>

#include "lock/port.h"

namespace lockstep::bench {

// One iteration is one transition of a search: three CPUs, one lock, all oracles.
void search_transition(benchmark::State& state, const Port& port);
// One iteration saves and restores a paused machine of three CPUs.
void checkpoint(benchmark::State& state, const Port& port);
// How many times as many transitions per second two workers make as one; the median of three.
double speed_of_two_workers(const Port& port);

}  // namespace lockstep::bench
