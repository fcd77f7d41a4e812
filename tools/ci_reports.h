// CI reports: the verdicts of a `run` or an `explore` as files and lines that CI systems read:
// SARIF 2.1.0 (one result per finding), JUnit XML, and GitHub's annotations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/runner.h"
#include "tools/commands.h"
#include "tools/repro_store.h"

namespace lockstep {

struct CiPlace {
    std::string file;  // relative to the current folder, or to the kernel tree, where it can be
    std::uint32_t line = 0;
};

struct CiFinding {
    std::string rule;  // "truthful-errors/false", or the kind of a failure without an oracle
    std::string text;
    CiPlace at;        // the site in the lock, or the scenario if no site is known
    CiPlace scenario;  // where the scenario says what is broken here
    std::string replay;
};

struct CiCase {
    std::string name, folder, port;
    std::string skip_reason;  // not empty: skipped
    std::vector<CiFinding> findings;
};

class CiReports {
  public:
    // Throws UsageError if a file cannot be meant: a folder that is not there, one name twice.
    explicit CiReports(const CiArguments& arguments);
    void begin(const Scenario& scenario, const Port& port, const std::string& skip_reason);
    // A failure of the scenario begun last, on the same port. Runs it again to learn where in the
    // lock it was.
    void add(const Scenario& scenario, const Port& port, const Failure& failure,
             const ReplayHint& hint);
    // Files, and annotations on standard output (on standard error if that holds JSON). Throws
    // TryAgain.
    void write(Output& output, bool json) const;

  private:
    bool wanted() const {
        return arguments_.github || !arguments_.sarif.empty() || !arguments_.junit.empty();
    }
    const CiArguments& arguments_;
    std::vector<CiCase> cases_;
};

std::string sarif_text(const std::vector<CiCase>& cases);
std::string junit_text(const std::vector<CiCase>& cases);
std::vector<std::string> github_lines(const std::vector<CiCase>& cases);

}  // namespace lockstep
