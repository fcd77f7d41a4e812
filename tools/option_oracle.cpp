// What may be typed behind --oracle.
#include "tools/option_oracle.h"

#include <algorithm>

#include "scenarios/prepare.h"
#include "sim/oracle.h"
#include "tools/commands.h"
#include "tools/suggest.h"

namespace lockstep {

namespace {

constexpr const char* kFairness = "fairness";

}  // namespace

void use_oracles(Scenario& scenario, const std::vector<std::string>& names) {
    std::vector<std::string> known = {kFairness};
    for (const OracleEntry& entry : oracle_registry())
        if (entry.optional) known.push_back(entry.name);
    for (const std::string& name : names) {
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw UsageError("no optional oracle `" + name + "`" + did_you_mean(name, known) +
                             "\nthe others are always used (`lockstep list oracles`)");
        ask_oracle(scenario, name);
    }
}

bool wants_fairness(const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), kFairness) != names.end();
}

}  // namespace lockstep
