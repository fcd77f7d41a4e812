// Coverage of histories made by hand, event by event.
#include "scenarios/coverage.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "scenarios/harvest.h"
#include "scenarios/sampling.h"

namespace lockstep {
namespace {

sim_site first_site = {"a/b.c", "f", "WRITE_ONCE(x)", 10, 0, 0, 0};
sim_site second_site = {"a/b.c", "g", "READ_ONCE(x)", 20, 0, 0, 0};
sim_site swap_site = {"a/b.c", "h", "xchg(x)", 30, 0, 0, 0};

// A machine with two objects of 8 bytes.
void two_objects() {
    Machine& machine = Machine::instance();
    machine.configure({});
    auto* const memory = static_cast<std::uint64_t*>(machine.allocate(16, 8));
    for (unsigned i = 0; i < 2; ++i) {
        Object object;
        object.address = reinterpret_cast<std::uint64_t>(memory + i);
        object.size = 8;
        machine.add_object(object);
    }
    machine.seal();
}

Event access(EventKind kind, const sim_site& site, std::uint16_t object, std::uint32_t offset,
             std::uint8_t size) {
    Event event;
    event.kind = kind;
    event.site = &site;
    event.object = object;
    event.offset = offset;
    event.size = size;
    return event;
}

std::vector<std::string> pairs_in(const std::vector<std::string>& news) {
    std::vector<std::string> pairs;
    for (const std::string& what : news)
        if (what.starts_with("pair ")) pairs.push_back(what.substr(5));
    return pairs;
}

class CoverageOf : public testing::Test {
  protected:
    CoverageOf() : coverage_((two_objects(), Port{})) { coverage_.begin_execution(); }
    void write(const sim_site& site, std::uint16_t object, std::uint32_t offset = 0,
               std::uint8_t size = 8, bool reads = false) {
        Event event = access(EventKind::store, site, object, offset, size);
        event.rmw = reads ? 1 : 0;
        coverage_.on_event(event);
    }
    void read(const sim_site& site, std::uint16_t object, std::uint32_t offset = 0,
              std::uint8_t size = 8) {
        coverage_.on_event(access(EventKind::load, site, object, offset, size));
    }
    std::vector<std::string> pairs() { return pairs_in(coverage_.news()); }

    Coverage coverage_;
    const std::string write_read_ = "b.c:10 WRITE_ONCE(x) -> b.c:20 READ_ONCE(x)";
};

TEST_F(CoverageOf, AReadMakesAPairWithTheLastWriteOfItsBytes) {
    write(first_site, 0);
    read(second_site, 0);
    EXPECT_EQ(pairs(), std::vector<std::string>{write_read_});
}

TEST_F(CoverageOf, APairIsNewsOnce) {
    write(first_site, 0);
    read(second_site, 0);
    pairs();
    coverage_.begin_execution();
    write(first_site, 0);
    read(second_site, 0);
    EXPECT_EQ(coverage_.news(), std::vector<std::string>{});
}

TEST_F(CoverageOf, OtherBytesMakeNoPair) {
    write(first_site, 1);
    read(second_site, 0);
    write(first_site, 0, 4, 4);
    read(second_site, 0, 0, 4);
    EXPECT_EQ(pairs(), std::vector<std::string>{});
    read(second_site, 0, 3, 2);  // one byte in common
    EXPECT_EQ(pairs(), std::vector<std::string>{write_read_});
}

TEST_F(CoverageOf, AWriteOfAnEarlierExecutionIsForgotten) {
    write(first_site, 0);
    coverage_.begin_execution();
    read(second_site, 0);
    EXPECT_EQ(pairs(), std::vector<std::string>{});
}

TEST_F(CoverageOf, AnExchangeReadsAndThenWrites) {
    write(first_site, 0);
    write(swap_site, 0, 0, 8, true);
    read(second_site, 0);
    EXPECT_EQ(pairs(), (std::vector<std::string>{"b.c:10 WRITE_ONCE(x) -> b.c:30 xchg(x)",
                                                 "b.c:30 xchg(x) -> b.c:20 READ_ONCE(x)"}));
    coverage_.begin_execution();
    write(first_site, 0);
    write(swap_site, 0);  // without the mark it is a plain store
    EXPECT_EQ(pairs(), std::vector<std::string>{});
}

TEST_F(CoverageOf, MixedSizesReadFromEveryWriterOfTheirBytes) {
    write(first_site, 0, 0, 1);
    write(swap_site, 0, 1, 1);
    read(second_site, 0, 0, 4);
    EXPECT_EQ(pairs().size(), 2U);
}

TEST_F(CoverageOf, PointsAndSitesAreNewsToo) {
    Event event;
    event.kind = EventKind::point;
    event.aux = point_by_name("rq.head.wait");
    coverage_.on_event(event);
    coverage_.on_event(event);
    write(first_site, 0);
    EXPECT_EQ(coverage_.news(),
              (std::vector<std::string>{"point rq.head.wait", "site b.c:10 WRITE_ONCE(x)"}));
}

TEST_F(CoverageOf, APlainAccessIsToldApartByItsCodeAddress) {
    Event event = access(EventKind::store, first_site, 0, 0, 8);
    event.plain = 1;
    event.pc = 0x1234;
    coverage_.on_event(event);
    EXPECT_EQ(coverage_.news(), std::vector<std::string>{"site pc:1234"});
    EXPECT_EQ(name_plain(Port{}, "pair pc:1234 -> x"), "pair plain access -> x");
}

TEST(SamplingReport, CountsWhatWasCoveredByKind) {
    SamplingReport report;
    for (const char* what : {"pair a -> b", "point x", "point y", "site a", "site b", "site c"})
        report.harvest.covered[what] = 1;
    EXPECT_EQ(report.covered("pair"), 1U);
    EXPECT_EQ(report.covered("point"), 2U);
    EXPECT_EQ(report.covered("site"), 3U);
}

TEST(NeverReached, IsWhatThePortHasAndNobodyReached) {
    Port port;
    port.points = {{"rq.head.wait", "f.c:1"}, {"rq.check", "f.c:2"}, {"rq.tas.wait", ""}};
    Harvest harvest;
    harvest.covered["point rq.check"] = 7;
    EXPECT_EQ(never_reached(port, harvest), std::vector<std::string>{"point rq.head.wait"});
}

}  // namespace
}  // namespace lockstep
