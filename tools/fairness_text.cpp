// Wording the figures of fairness.
#include "tools/fairness_text.h"

#include <numeric>

#include "tools/describe.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

std::uint64_t attempts(const LockFairness& lock) {
    return std::accumulate(lock.acquisitions.begin(), lock.acquisitions.end(), lock.refused);
}

}  // namespace

std::vector<std::string> fairness_lines(const Scenario& scenario,
                                        const std::vector<LockFairness>& locks) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < locks.size(); ++i) {
        const LockFairness& lock = locks[i];
        if (attempts(lock) == 0) continue;
        std::string line = "fairness of " + scenario.locks.at(i).name + ": acquisitions";
        for (std::size_t c = 0; c < lock.acquisitions.size(); ++c)
            line += (c == 0 ? " CPU" : ", CPU") + std::to_string(c) + " " +
                    std::to_string(lock.acquisitions[c]);
        if (lock.refused > 0) line += "; refused " + std::to_string(lock.refused);
        line += "; longest wait " + counted(lock.wait_steps, "step") + " (CPU" +
                std::to_string(lock.wait_steps_cpu) + ")";
        if (lock.wait_ns > 0)
            line +=
                ", " + time_text(lock.wait_ns) + " (CPU" + std::to_string(lock.wait_ns_cpu) + ")";
        lines.push_back(line);
    }
    return lines;
}

nlohmann::ordered_json fairness_json(const Scenario& scenario,
                                     const std::vector<LockFairness>& locks) {
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < locks.size(); ++i) {
        const LockFairness& lock = locks[i];
        json.push_back({{"lock", scenario.locks.at(i).name},
                        {"acquisitions", lock.acquisitions},
                        {"refused", lock.refused},
                        {"longest_wait_steps", lock.wait_steps},
                        {"longest_wait_steps_cpu", lock.wait_steps_cpu},
                        {"longest_wait_ns", lock.wait_ns},
                        {"longest_wait_ns_cpu", lock.wait_ns_cpu}});
    }
    return json;
}

}  // namespace lockstep
