// What a client run has shown: its verdicts, and how they are written.
#pragma once

#include <string>
#include <vector>

#include "scenarios/client_run.h"
#include "tools/commands.h"

namespace lockstep {

struct ClientLine {
    TimeNs time = 0;
    std::string text;
};

struct ClientVerdict {
    std::string name;
    bool passed = false;
    std::string note;  // what was seen
};

// One command's run: everything the verdicts are made from.
struct ClientStory {
    const ClientArguments& arguments;
    const ClientModule& module;
    const ClientRunResult& result;
    const std::vector<ClientLine>& lines;  // the kernel's own
};

// Whether the module came, went and left nothing behind; the same for every client.
std::vector<ClientVerdict> common_verdicts(const ClientStory& story);
// Of rqsl: the histogram it printed adds up and counts what happened.
ClientVerdict histogram_verdict(const ClientStory& story);
// Of a selftest: what it asserts.
std::vector<ClientVerdict> selftest_verdicts(const ClientStory& story);
// Of torture: what its last line says.
ClientVerdict end_of_test_verdict(const ClientStory& story);

// "[    1.000023] text", as dmesg has it.
std::string dmesg_line(const ClientLine& line);
// The command that does exactly this run again.
std::string client_command(const ClientArguments& arguments, const ClientModule& module);

}  // namespace lockstep
