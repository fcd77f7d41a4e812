// What executions have reached: places in the source, lock points, and pairs (this place read what
// that place wrote), the orders in which parts of the code have met. A fold over all events.
//
// Limits: a read of memory that no object covers makes no pair; the places of a built-in lock
// are known only once they were reached.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lock/port.h"
#include "sim/kernel.h"
#include "sim/machine.h"
#include "sim/points.h"

namespace lockstep {

class Coverage final : public TraceSink {
  public:
    // REQUIRES: the machine is sealed; its objects are those the events will speak of.
    explicit Coverage(const Port& port);

    void begin_execution();
    void on_event(const Event& event) override;
    // What the executions since the last call reached for the first time, as names:
    //   "point rq.head.wait", "site rqspinlock.c:612 READ_ONCE(node->next)",
    //   "pair rqspinlock.c:700 ... -> rqspinlock.c:612 ..."
    // A plain access is named "pc:<hex>"; name_plain() makes text of it in the process that
    // reports.
    std::vector<std::string> news();
    // Where the CPU of finding number `n` of this execution was when it was made; or empty.
    std::string site_of_finding(std::size_t n) const;

  private:
    using SiteId = std::uint16_t;
    static constexpr SiteId kNoSite = 0;
    static constexpr std::size_t kSitesMax = 2048;  // further ones are not told apart
    static constexpr std::size_t kTableSize = 8192;
    static constexpr std::size_t kFindingsKept = 8;

    struct Slot {
        std::uintptr_t key = 0;
        SiteId id = kNoSite;
    };
    struct SiteName {
        const sim_site* site = nullptr;
        std::uintptr_t pc = 0;
    };

    SiteId id_of(const Event& event);
    void note_read(const Event& event, SiteId reader);
    void note_write(const Event& event, SiteId writer);
    std::string name_of(SiteId id) const;

    std::vector<Slot> table_;
    std::vector<SiteName> names_;           // by SiteId
    std::vector<std::uint64_t> pairs_;      // bit writer * kSitesMax + reader
    std::vector<std::uint32_t> object_at_;  // where an object's bytes begin in writers_
    std::vector<SiteId> writers_;           // by byte: who wrote it last in this execution
    bool points_[kPointCount] = {};
    struct Unseen {
        const sim_site* site;
        std::uint64_t hits;  // before our first execution
    };
    std::vector<Unseen> unseen_;  // of the port
    std::vector<PointId> new_points_;
    std::vector<SiteId> new_sites_;
    std::vector<std::uint32_t> new_pairs_;
    SiteId last_site_[kCpusMax] = {};
    std::uint32_t findings_ = 0;
    SiteId finding_sites_[kFindingsKept] = {};
};

// What is known of a port before anything has run, in the same words: its lock points, and the
// places in the source of a kernel port.
std::vector<std::string> coverable(const Port& port);
// "rqspinlock.c:612 READ_ONCE(node->next)"
std::string site_text(const sim_site& site);
// `name` with every "pc:<hex>" replaced by its place in the source. Starts a program for each new
// one: for reports only.
std::string name_plain(const Port& port, const std::string& name);

}  // namespace lockstep
