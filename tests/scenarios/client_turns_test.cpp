// Turns of a spin that are not made must not be missed by a client either: a run of a module is the
// same to the last step with all of them.
#include <gtest/gtest.h>

#include <ctime>
#include <string>

#include "scenarios/archive.h"
#include "scenarios/client_run.h"
#include "scenarios/worker.h"

namespace lockstep {
namespace {

struct ClientRunSeen {
    std::string bytes;   // all that a run came to, and what the module printed
    double seconds = 0;  // of this CPU
};

struct ClientCase {
    const char* client;
    const char* port;
    std::uint64_t seed;
    TimeNs time;
    const char* parameter;
    const char* value;
    bool waits;  // most of its turns are native ones, until a timeout
};

bool run_one(const ClientCase& one, ClientModule module, bool skip, ArchiveWriter& told) {
    if (!skip) module.port.facts.turns = Turns::made;
    std::string console;
    ClientRunOptions options;
    options.time = one.time;
    options.seed = one.seed;
    options.console = [&console](TimeNs at, const char* text) {
        console += std::to_string(at) + " " + text + "\n";
    };
    const std::clock_t begun = std::clock();
    const ClientRunResult result = run_client(module, options);
    const auto took = static_cast<std::uint64_t>(std::clock() - begun);
    told(took);
    ArchiveWriter seen;
    seen(result.execution.steps);
    seen(result.execution.time);
    seen(result.execution.step_hash);
    seen(result.execution.findings_total);
    for (const Tolerated& limit : result.limits) seen(limit.count);
    seen(console);
    seen(std::string(reinterpret_cast<const char*>(&result.figures), sizeof result.figures));
    told(seen.bytes);
    return result.unloaded;
}

// In a process of its own: a module is run once.
ClientRunSeen run_apart(const ClientCase& one, const ClientModule& module, bool skip) {
    ClientRunSeen seen;
    WorkerTask task;
    task.work = [&](WorkerPort& to) {
        ArchiveWriter told;
        const bool unloaded = run_one(one, module, skip, told);
        to.send(told.bytes);
        return unloaded ? 0 : 1;
    };
    task.received = [&seen](const std::string& message) {
        ArchiveReader reader(message);
        std::uint64_t took = 0;
        reader(took);
        reader(seen.bytes);
        seen.seconds = static_cast<double>(took) / CLOCKS_PER_SEC;
    };
    EXPECT_EQ(run_worker(task).code, 0) << one.client << " on " << one.port;
    return seen;
}

TEST(TurnsOfClients, ThatAreNotMadeChangeNothing) {
    const ClientCase cases[] = {
        {"rqsl", "linux/x86_64", 1, kNsPerSec, "test_mode", "0", false},
        {"rqsl", "linux/x86_64", 2, 15 * kNsPerSec, "test_mode", "2", true},
        {"rqsl", "linux/arm64", 3, kNsPerSec, "test_mode", "1", false},
        {"torture", "linux/x86_64", 4, kNsPerSec / 20, "torture_type", "raw_res_spin_lock", false},
        {"torture", "linux/x86_64", 5, kNsPerSec / 20, "torture_type", "spin_lock", false},
        {"torture", "linux/arm64", 6, kNsPerSec / 20, "torture_type", "raw_res_spin_lock_irq",
         false},
    };
    for (const ClientCase& one : cases) {
        ClientModule module;
        try {
            module = open_client(one.client, one.port, "");
        } catch (const PortError& error) {
            GTEST_SKIP() << error.message;
        }
        // Here, once: where the value of a string lies is part of a run.
        for (const ClientParameter& parameter : module.parameters)
            if (parameter.name == one.parameter) set_parameter(parameter, one.value);
        EXPECT_EQ(module.port.facts.turns, Turns::in_u16) << one.port;
        const ClientRunSeen made = run_apart(one, module, false);
        const ClientRunSeen skipped = run_apart(one, module, true);
        EXPECT_FALSE(made.bytes.empty());
        EXPECT_TRUE(made.bytes == skipped.bytes) << one.client << " on " << one.port;
        if (!one.waits) continue;
#if defined(__x86_64__) && !defined(LOCKSTEP_SANITIZE)
        EXPECT_LT(skipped.seconds, made.seconds * 0.7) << one.client << ": all turns were made";
#endif
    }
}

}  // namespace
}  // namespace lockstep
