// What the random walk is compared with. Both make `executions` random executions of the plain
// qspinlock by 3 threads, 2 rounds of lock and unlock each.
#pragma once

namespace lockstep::bench {

// Relacy's random scheduler. It also models weak memory and looks for data races.
void walk_in_relacy(unsigned executions);
// What one would write first: fibers made anew for each execution, which all come back to a hub
// that calls a std::function, draws from a mt19937 and appends to a vector.
void walk_in_naive_hub(unsigned executions);

}  // namespace lockstep::bench
