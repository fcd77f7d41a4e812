// What `lockstep doctor` found out about a kernel tree, and how it is told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/output.h"

namespace lockstep {

struct DoctorCell {
    enum class State : std::uint8_t {
        not_asked,       // the flavour could not be built, or we were interrupted
        absent,          // a limit: it is as documented
        present,         // a limit: it is not as documented
        not_applicable,  // this flavour has no such code, or the simulation no such memory
        undecided,       // the scenario could not be brought about
    };
    State state = State::not_asked;
    std::string reason;  // of anything but absent
};

struct DoctorFlavour {
    std::string name;
    std::string not_built;  // why; empty: it was
    std::vector<std::string> features, undecided;
};

struct DoctorRow {
    std::string name;  // "R11", or a limit's scenario
    std::string scenario, summary;
    std::vector<std::string> fixes;
    bool is_limit = false;
    std::vector<DoctorCell> cells;  // by flavour
    DoctorCell::State overall() const;
};

struct DoctorReport {
    std::string tree, version;
    std::vector<DoctorFlavour> flavours;
    std::vector<DoctorRow> rows;  // bugs in the order of their numbers, then limits
    bool interrupted = false;
};

// KTAP, the table in its comments.
void print_doctor(const DoctorReport& report, Output& output);
void print_doctor_json(const DoctorReport& report, Output& output);
void print_doctor_markdown(const DoctorReport& report, Output& output);
// 1: a bug is present, or something could not be asked. Limits do not count.
int doctor_exit_code(const DoctorReport& report);

}  // namespace lockstep
