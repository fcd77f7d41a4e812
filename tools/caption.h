// Caption: one event as a sentence for somebody who does not know the code yet.
#pragma once

#include <string>

#include "tools/recording.h"

namespace lockstep {

// "The nmi on CPU0 sets pending: it will be the next owner of A." `word` is the lock word before
// the event, if it is a store to one.
std::string caption_text(const Recording& recording, const Event& event, std::uint32_t word);

}  // namespace lockstep
