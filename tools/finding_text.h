// Finding text: the moment of a finding, told from the events: who held what, who waited since
// when, what the tables of held locks said and what the deadlock checks had come to.
#pragma once

#include <string>
#include <vector>

#include "tools/recording.h"
#include "tools/waits.h"

namespace lockstep {

// About the finding of the recording that is to be told; nothing if there is none.
std::vector<std::string> finding_lines(const Recording& recording, const Waits& waits);

}  // namespace lockstep
