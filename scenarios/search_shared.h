// What the workers of a search share: work that one gives to another, and the standing still of
// all of them while the table grows or a checkpoint is written. In memory made before the fork.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/explorer.h"

namespace lockstep {

constexpr unsigned kSearchWorkersMax = 64;

class SearchShared {
  public:
    explicit SearchShared(unsigned workers);
    ~SearchShared();
    SearchShared(const SearchShared&) = delete;
    SearchShared& operator=(const SearchShared&) = delete;

    // --- work. A worker without any is idle until it gets some or all of them are.
    bool wanted() const;                 // somebody is idle and nothing is on offer
    bool offer(const Unexplored& work);  // false: no room
    bool take(Unexplored& work);         // false: nothing there
    void become_idle();
    std::vector<Unexplored> offered() const;  // while nobody moves
    bool all_idle() const;                    // and nothing on offer: the search is over

    // --- ending early
    void stop() { control_->stop = true; }
    bool stopped() const { return control_->stop; }

    // --- standing still
    enum : std::uint32_t { kGrow = 1, kCheckpoint = 2 };
    void ask_to_pause(std::uint32_t why) { control_->pause |= why; }
    bool pause_asked() const { return control_->pause != 0; }
    // Called by every worker; comes back when all go on. One of them grows the table meanwhile.
    void pause(const std::function<void()>& grow);
    bool all_paused() const;  // for the parent, after kCheckpoint
    void end_checkpoint();
    void leave();  // this worker will not come back

    // --- counts for the progress line and the checkpoint
    void publish(unsigned worker, const ExploreCounts& counts);
    ExploreCounts total() const;
    // What a worker has come to, as bytes, while it is paused for a checkpoint or has ended.
    void leave_bytes(unsigned worker, const std::string& bytes);
    // Nothing: it is more than there is room for.
    std::optional<std::string> bytes_of(unsigned worker) const;

  private:
    static constexpr std::size_t kTooMany = ~std::size_t{0};
    static constexpr unsigned kSlots = 64;
    static constexpr unsigned kPathMax = 1U << 16;
    static constexpr std::size_t kBytesMax = std::size_t{256} << 20;
    struct Slot {
        std::uint64_t options;
        std::uint32_t length;
        Option path[kPathMax];
    };
    struct Control {
        std::atomic<std::uint32_t> lock;
        std::atomic<std::uint32_t> offered, idle, active, paused, round;
        std::atomic<std::uint32_t> pause;
        std::atomic<bool> growing, stop;
        ExploreCounts counts[kSearchWorkersMax];
        std::uint64_t left_bytes[kSearchWorkersMax];
    };
    class Guard;

    std::size_t size_ = 0;
    unsigned workers_;
    Control* control_ = nullptr;
    Slot* slots_ = nullptr;
    char* left_ = nullptr;
};

}  // namespace lockstep
