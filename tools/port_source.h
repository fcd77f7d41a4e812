// Port source: the text of the files a port was built from, for whoever shows it. It is read from
// the user's tree each time and never kept.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "lock/port.h"

namespace lockstep {

class PortSource {
  public:
    // `tree` may be empty: the one in the cache that has the port's version.
    PortSource(const Port& port, std::filesystem::path tree);
    // The file, if it is what the port was built from: an unmodified one by its sha256, one with an
    // upstream bug put back after the same edit. Else empty: lines would not fit.
    std::string text_of(const std::string& path) const;

  private:
    void read_with_bugs();

    const Port& port_;
    std::filesystem::path tree_;
    std::map<std::string, std::string> edited_;
};

}  // namespace lockstep
