// A sampling campaign: many executions of a scenario on a port by one strategy, over worker
// processes on all cores; what they found, and what they reached and did not reach.
//
// The executions are cut into chunks of fixed size that the workers take in turn, and the chunks
// are added up in the order of the plan. So the result depends on the number of executions, never
// on the number of workers or on the wall clock; a limit of seconds only decides when to stop.
#pragma once

#include <csignal>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/harvest.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"
#include "sim/schedulers/estimates.h"

namespace lockstep {

struct SamplingOptions {
    std::string strategy = "portfolio";  // a scheduler with seeds
    std::uint64_t seed = 1;              // of the first execution; the others follow
    std::optional<std::uint64_t> executions;
    std::optional<double> seconds;
    std::optional<std::uint64_t> plateau;  // stop after so many executions without news
    unsigned depth = 3;                    // pct
    unsigned workers = 0;                  // 0: one for each core
    bool twice = false;
    bool fairness = false;    // figures of waits and services
    bool keep_going = false;  // false: the first failure ends it
    unsigned watchdog_ms = 5000;
    std::function<void(std::uint64_t done, std::size_t findings)> progress;  // or none
    const volatile std::sig_atomic_t* interrupted = nullptr;
};

// A failure of the lock, with how hard it was to find.
struct Discovery {
    Failure failure;  // of the first execution that showed it
    std::string strategy;
    std::uint64_t execution = 0;  // its number, from 1
    std::uint64_t times = 0;      // executions that showed it
};

struct SamplingReport {
    enum class End : std::uint8_t { executions, seconds, plateau, failure, interrupted };
    std::string strategy;
    Estimates estimates;
    End end = End::executions;
    Harvest harvest;
    std::vector<Discovery> discoveries;
    // Number of the execution that reached the last new site, point or pair; 0: none did.
    std::uint64_t last_news = 0;
    unsigned workers = 0;
    double seconds = 0;  // of wall time; for the reader only

    std::size_t covered(const std::string& what) const;  // "site", "point" or "pair"
};

// REQUIRES: skip_reason() is empty. Throws EngineBug and PortError.
SamplingReport sample(const Scenario& scenario, const Port& port, const SamplingOptions& options);

// What was known beforehand and never reached: "point ..." and "site ..." as coverage names them.
std::vector<std::string> never_reached(const Port& port, const Harvest& harvest);

// Pairs that `other` reached and `chosen` did not, "pair ...": how many pairs there are nobody
// knows.
std::vector<std::string> pairs_missed(const Port& port, const Harvest& chosen,
                                      const Harvest& other);

// "pct: ... at least 1/60000 ..."; of portfolio for those that pct makes; empty for a strategy that
// guarantees nothing.
std::string guarantee(const Scenario& scenario, const SamplingReport& report);

// Cores this process may use.
unsigned core_count();

}  // namespace lockstep
