// One worker of a search: explores until nothing is left anywhere, judges every end, and tells what
// it came to. Lives in a forked process; only SearchShared and StateTable reach beyond it.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scenarios/crash_guard.h"
#include "scenarios/judge.h"
#include "scenarios/prepare.h"
#include "scenarios/search.h"
#include "scenarios/search_shared.h"
#include "sim/explorer.h"
#include "sim/state_table.h"

namespace lockstep {

// What a worker came to, as it travels to the parent and into a checkpoint.
struct SearchYield {
    ExploreCounts counts;
    Harvest harvest;  // of the ends that were new
    std::uint64_t failing_ends = 0;
    std::map<std::string, Path> found;  // by signature: the shortest path that shows it
    // What the scenario allows, by allowed_key(): the shortest path to an end that says the first
    // by letters.
    std::map<std::string, std::pair<std::string, Path>> allowed;
    std::vector<Unexplored> left;  // not yet explored
    bool out_of_memory = false;
    // Nothing of this counts, and why: see ChainRules.
    bool begin_again = false;
    bool own_memory_is_shared = false;
    std::vector<std::uint64_t> places_to_ask;  // addresses of sites

    void add(const SearchYield& other);
    bool is_better(const std::string& key, const std::string& text, std::size_t length) const;
    std::string pack() const;
    // Throws EngineBug if the bytes are not what pack() makes.
    static SearchYield unpack(const std::string& bytes);
};

struct SearchJob {
    PreparedScenario& prepared;  // by the parent: all workers have it at the same place
    const SearchOptions& options;
    SearchShared& shared;
    StateTable& table;
    unsigned number;                  // of this worker
    std::vector<Unexplored> left;     // to begin with
    bool from_boot;                   // or with the boot image
    const Port* port = nullptr;       // whose places tell findings apart; or none
    std::uint64_t states_before = 0;  // in earlier parts of a resumed search
};

class SearchWorker final : public Explorer::Client {
  public:
    explicit SearchWorker(SearchJob job);
    SearchYield run();

    bool fresh(std::uint64_t hash) override;
    void expect(std::uint64_t hash) override { job_.table.prefetch(hash); }
    void on_end(const ExecutionResult& result) override;
    bool on_finding(const ExecutionResult& result) override;

  private:
    void explore();
    void explore_by_breadth();
    bool find_work();
    void look_around();
    bool enough_states() const;
    bool must_begin_again() const;
    void pause();
    void leave_bytes();
    void failed();
    void note_allowed(const ExecutionResult& result);
    bool ask_for_places(const Harvest& harvest, std::size_t length);
    void find_places(Harvest& harvest, const Path& path);
    SearchYield yield();
    bool same_bytes(std::uint64_t hash);

    SearchJob job_;
    Judge judge_;
    CrashGuard guard_;
    Explorer explorer_;
    SearchYield yield_;
    std::unordered_map<std::uint64_t, std::string> states_;  // exact mode
    struct Asked {
        unsigned times = 0;
        std::size_t shortest = ~std::size_t{0};
    };
    std::map<std::string, Asked> asked_;  // for places, by signature without one
};

// Runs the path again in the ordinary mode: its picks and what the judge says of it, and where.
Harvest replay_path(const Scenario& scenario, const Port& port, const SearchOptions& options,
                    const Path& path);

}  // namespace lockstep
