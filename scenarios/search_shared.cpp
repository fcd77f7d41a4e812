// Shared memory and a spin lock: what is done under the lock is a copy of a path at most.
#include "scenarios/search_shared.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "sim/check.h"

namespace lockstep {

class SearchShared::Guard {
  public:
    explicit Guard(std::atomic<std::uint32_t>& lock) : lock_(lock) {
        while (lock_.exchange(1, std::memory_order_acquire) != 0) sched_yield();
    }
    ~Guard() { lock_.store(0, std::memory_order_release); }
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

  private:
    std::atomic<std::uint32_t>& lock_;
};

namespace {

constexpr std::size_t rounded(std::size_t size) {
    return (size + 4095) / 4096 * 4096;
}

}  // namespace

SearchShared::SearchShared(unsigned workers) : workers_(workers) {
    SIM_CHECK(workers >= 1);
    SIM_CHECK(workers <= kSearchWorkersMax);
    const std::size_t slots_at = rounded(sizeof(Control));
    const std::size_t left_at = slots_at + rounded(sizeof(Slot) * kSlots);
    size_ = left_at + kBytesMax * workers;
    void* const memory = mmap(nullptr, size_, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    SIM_CHECK_MSG(memory != MAP_FAILED, "no address space for the workers of a search");
    control_ = new (memory) Control{};
    slots_ = reinterpret_cast<Slot*>(static_cast<char*>(memory) + slots_at);
    left_ = static_cast<char*>(memory) + left_at;
    control_->active = workers;
}

SearchShared::~SearchShared() {
    munmap(control_, size_);
}

// --- work ------------------------------------------------------------------------------------

bool SearchShared::wanted() const {
    return control_->idle.load(std::memory_order_relaxed) >
           control_->offered.load(std::memory_order_relaxed);
}

bool SearchShared::offer(const Unexplored& work) {
    if (work.path.size() > kPathMax) return false;
    const Guard guard(control_->lock);
    const std::uint32_t used = control_->offered;
    if (used == kSlots) return false;
    Slot& slot = slots_[used];
    slot.options = work.options;
    slot.length = static_cast<std::uint32_t>(work.path.size());
    std::copy(work.path.begin(), work.path.end(), slot.path);
    control_->offered = used + 1;
    return true;
}

bool SearchShared::take(Unexplored& work) {
    const Guard guard(control_->lock);
    if (control_->offered == 0) return false;
    const Slot& slot = slots_[--control_->offered];
    work.options = slot.options;
    work.path.assign(slot.path, slot.path + slot.length);
    --control_->idle;
    return true;
}

void SearchShared::become_idle() {
    const Guard guard(control_->lock);
    ++control_->idle;
}

std::vector<Unexplored> SearchShared::offered() const {
    std::vector<Unexplored> all;
    for (std::uint32_t i = 0; i < control_->offered; ++i)
        all.push_back({{slots_[i].path, slots_[i].path + slots_[i].length}, slots_[i].options});
    return all;
}

bool SearchShared::all_idle() const {
    const Guard guard(control_->lock);
    return control_->offered == 0 && control_->idle >= control_->active;
}

// --- standing still --------------------------------------------------------------------------

void SearchShared::pause(const std::function<void()>& grow) {
    Control& c = *control_;
    std::uint32_t round = 0;
    {
        const Guard guard(c.lock);
        round = c.round;
        ++c.paused;
    }
    while (!stopped()) {
        bool mine = false;
        {
            const Guard guard(c.lock);
            if (c.round != round) return;
            const bool all = c.paused >= c.active && !c.growing;
            mine = all && (c.pause & kGrow) != 0;
            if (mine) {
                c.growing = true;
                c.pause &= ~std::uint32_t{kGrow};
            } else if (all && c.pause == 0) {
                c.paused = 0;
                ++c.round;
                return;
            }
        }
        if (mine) {
            grow();
            c.growing = false;
        } else {
            usleep(50);
        }
    }
}

bool SearchShared::all_paused() const {
    const Guard guard(control_->lock);
    return control_->paused >= control_->active && (control_->pause & kGrow) == 0 &&
           !control_->growing;
}

void SearchShared::end_checkpoint() {
    control_->pause &= ~std::uint32_t{kCheckpoint};
}

void SearchShared::leave() {
    const Guard guard(control_->lock);
    --control_->active;
    --control_->idle;
}

// --- counts ----------------------------------------------------------------------------------

void SearchShared::publish(unsigned worker, const ExploreCounts& counts) {
    control_->counts[worker] = counts;
}

ExploreCounts SearchShared::total() const {
    ExploreCounts sum;
    for (unsigned w = 0; w < workers_; ++w) sum.add(control_->counts[w]);
    return sum;
}

void SearchShared::leave_bytes(unsigned worker, const std::string& bytes) {
    const bool fits = bytes.size() <= kBytesMax;
    if (fits) std::memcpy(left_ + kBytesMax * worker, bytes.data(), bytes.size());
    control_->left_bytes[worker] = fits ? bytes.size() : kTooMany;
}

std::optional<std::string> SearchShared::bytes_of(unsigned worker) const {
    const std::size_t size = control_->left_bytes[worker];
    if (size == kTooMany) return std::nullopt;
    return std::string(left_ + kBytesMax * worker, size);
}

}  // namespace lockstep
