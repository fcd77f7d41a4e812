// KTAP, the kernel's test output: one subtest per folder, one line per scenario.
#pragma once

#include <string>

#include "tools/output.h"

namespace lockstep {

class Ktap {
  public:
    Ktap(Output& output, std::size_t groups);
    void begin_group(const std::string& name, std::size_t tests);
    void end_group(bool ok, bool skipped);
    enum class Result : std::uint8_t { ok, not_ok, skip };
    void test(Result result, const std::string& name, const std::string& comment);
    // A comment line below the current test.
    void note(const std::string& text);

  private:
    Output& output_;
    std::string group_;
    std::size_t group_number_ = 0;
    std::size_t test_number_ = 0;
};

}  // namespace lockstep
