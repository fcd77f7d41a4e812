// JSON text: ports, reports and events as JSON values. docs/json.md names every key.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/runner.h"
#include "tools/recording.h"

namespace lockstep {

nlohmann::ordered_json port_json(const Port& port);
nlohmann::ordered_json report_json(const Scenario& scenario, const Port& port,
                                   const RunReport& report, const std::string& replay,
                                   const std::string& repro_file,
                                   const std::vector<std::string>& explanation);
nlohmann::ordered_json failure_json(const Scenario& scenario, const Failure& failure);
nlohmann::ordered_json finding_json(const Finding& finding);
nlohmann::ordered_json event_json(const Recording& recording, const Event& event);

}  // namespace lockstep
