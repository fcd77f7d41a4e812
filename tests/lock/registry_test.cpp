// The registry: what names mean, and what a port says about itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "lock/port.h"
#include "sim/points.h"

namespace lockstep {
namespace {

PortError error_of(const std::string& name) {
    try {
        open_port(name);
    } catch (const PortError& error) {
        return error;
    }
    ADD_FAILURE() << name << " was opened";
    return {};
}

TEST(Registry, gives_every_port_its_own_name) {
    std::set<std::string> names;
    for (const Port& port : list_ports()) EXPECT_TRUE(names.insert(port.name).second) << port.name;
    EXPECT_TRUE(names.contains("rqspinlock"));
}

TEST(Registry, opens_every_built_in_port_by_its_name) {
    for (const Port& port : list_ports()) {
        if (port.version != "built in") continue;
        const Port opened = open_port(port.name);
        EXPECT_EQ(opened.name, port.name);
        EXPECT_NE(opened.operations.acquire, nullptr) << port.name;
        EXPECT_NE(opened.operations.release, nullptr) << port.name;
        EXPECT_NE(opened.operations.acquire_irqsave, nullptr) << port.name;
        EXPECT_NE(opened.operations.release_irqrestore, nullptr) << port.name;
        EXPECT_FALSE(opened.summary.empty()) << port.name;
    }
}

TEST(Registry, suggests_the_port_that_was_probably_meant) {
    EXPECT_EQ(error_of("rqspinlok").suggestion, "rqspinlock");
    EXPECT_EQ(error_of("never-queues").suggestion, "broken/never-queues");
    EXPECT_EQ(error_of("qspin-lock").suggestion, "qspinlock");
}

TEST(Registry, suggests_nothing_when_no_port_is_near) {
    const PortError error = error_of("a name like no other");
    EXPECT_EQ(error.suggestion, "");
    EXPECT_NE(error.message.find("a name like no other"), std::string::npos);
}

TEST(Registry, gives_every_built_in_port_a_source_hash_of_its_own) {
    std::set<std::string> hashes;
    for (const Port& port : list_ports()) {
        if (port.version != "built in") continue;
        EXPECT_EQ(port.source_hash.size(), 16u) << port.name;
        EXPECT_TRUE(hashes.insert(port.source_hash).second) << port.name;
        EXPECT_EQ(open_port(port.name).source_hash, port.source_hash);
    }
}

TEST(Registry, has_a_broken_lock_for_every_oracle_that_judges_single_locks) {
    std::set<std::string> caught_by;
    for (const Port& port : list_ports())
        if (!port.caught_by.empty()) caught_by.insert(port.caught_by);
    for (const char* oracle :
         {"mutual-exclusion", "progress", "truthful-errors", "bounded-time", "held-table",
          "queue-nodes", "lock-word", "collateral", "context-discipline", "data-race", "fairness"})
        EXPECT_TRUE(caught_by.contains(oracle)) << oracle;
}

TEST(Registry, keeps_broken_locks_apart_by_name) {
    for (const Port& port : list_ports()) {
        const bool broken =
            !port.caught_by.empty() || (port.version == "built in" && !port.bugs.empty());
        EXPECT_EQ(port.name.rfind("broken/", 0) == 0, broken) << port.name;
    }
}

std::string text_of(const std::string& path) {
    std::ifstream file(std::string(LOCKSTEP_SOURCE_DIR) + "/" + path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A wait names its point in its site: LOCK_SITE_HEAD_WAIT for rq.head.wait.
std::string site_macro(std::string point) {
    for (char& c : point) c = c == '.' ? '_' : static_cast<char>(std::toupper(c));
    return "LOCK_SITE" + point.substr(point.find('_'));
}

TEST(Registry, names_the_file_in_which_every_lock_point_stands) {
    for (const char* name : {"rqspinlock", "rqspinlock-tas"}) {
        const Port port = open_port(name);
        EXPECT_GE(port.points.size(), 7u);
        for (const PortPoint& point : port.points) {
            EXPECT_NE(point_by_name(point.name), 0) << point.name;
            const std::string text = text_of(point.where);
            EXPECT_TRUE(text.find("LOCK_POINT(\"" + point.name + "\")") != std::string::npos ||
                        text.find(site_macro(point.name)) != std::string::npos)
                << point.name << " in " << point.where;
        }
    }
}

TEST(Registry, gives_the_queued_resilient_lock_every_lock_point_but_the_fallbacks) {
    const Port port = open_port("rqspinlock");
    const auto own = std::count_if(std::begin(kPoints), std::end(kPoints), [](const auto& point) {
        return point.name.substr(0, 3) == "rq." && point.name != "rq.tas.wait";
    });
    EXPECT_EQ(port.points.size(), static_cast<std::size_t>(own));
}

TEST(Registry, falls_back_to_the_built_in_lock_when_no_kernel_is_registered) {
    const auto ports = list_ports();
    const bool kernel = std::any_of(ports.begin(), ports.end(), [](const Port& port) {
        return port.name == "linux/x86_64" || port.alias == "linux/x86_64";
    });
    EXPECT_EQ(default_port_name(), kernel ? "linux/x86_64" : "rqspinlock");
}

}  // namespace
}  // namespace lockstep
