// KTAP: writes test results in the kernel's Test Anything Protocol, version 1, nested by two
// spaces a level. Lines go out as they come, so a reader sees results while the rest still runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/output.h"

namespace lockstep {

enum class TestResult : std::uint8_t { passed, failed, skipped };

class KtapWriter {
  public:
    explicit KtapWriter(Output& output) : output_(output) {}
    void begin();                  // the version line of the whole
    void plan(std::size_t tests);  // of the current level
    void comment(const std::string& text, Colour colour = Colour::none);
    void begin_subtest(const std::string& name);
    void end_subtest(const std::string& name);
    // `note` follows the name behind " # "; for a skipped test it is the reason.
    void result(TestResult result, const std::string& name, const std::string& note);
    unsigned failed() const { return failed_; }
    unsigned passed() const { return passed_; }
    unsigned skipped() const { return skipped_; }

  private:
    struct Level {
        unsigned number = 0;
        bool failed = false;
        bool all_skipped = true;
    };
    std::string indent() const { return std::string(2 * (levels_.size() - 1), ' '); }
    void number_result(TestResult result, const std::string& name, const std::string& note);

    Output& output_;
    std::vector<Level> levels_{1};
    unsigned failed_ = 0, passed_ = 0, skipped_ = 0;  // scenarios, not folders
};

}  // namespace lockstep
