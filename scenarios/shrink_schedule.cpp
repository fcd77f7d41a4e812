// Delta debugging (Zeller and Hildebrandt, 2002) over what the picks mean. A run is "CPU1 runs,
// five picks long" or "injection 0 strikes"; each attempt leaves some out, joins two or shortens
// one, lets the machine follow as far as it can, and takes what was recorded:
//
//   given   CPU0 x3   CPU1 x5   CPU0 x2   nmi   CPU1 x9        5 runs
//   tried   CPU0 x3             CPU0 x2   nmi   CPU1 x9        removed one: 4 runs, fails too
//   tried   CPU0 x5                       nmi   CPU1 x9        and so on
#include "scenarios/shrink_schedule.h"

#include <algorithm>
#include <utility>

#include "sim/check.h"
#include "sim/token.h"

namespace lockstep {

namespace {

using Runs = std::vector<ChoiceRun>;

bool movable(const ChoiceRun& run) {
    return run.option.kind == Option::Kind::run;
}

class ScheduleSearch {
  public:
    ScheduleSearch(TrialBench& bench, Failing& best, const std::function<void()>& better)
        : bench_(bench), best_(best), better_(better), cost_(cost_of(best)) {}

    // Each returns whether it found something.
    bool remove_chunks();
    bool join_runs();
    bool shorten_runs();

  private:
    bool consider(Runs runs);
    const Runs& runs() const { return best_.choices; }

    TrialBench& bench_;
    Failing& best_;
    const std::function<void()>& better_;
    ScheduleCost cost_;
};

bool ScheduleSearch::consider(Runs runs) {
    Guide guide;
    guide.wanted = std::move(runs);
    const TrialAnswer answer = bench_.attempt(guide);
    if (!answer.reproduced) return false;
    Failing found = failing_of(answer);
    const ScheduleCost cost = cost_of(found);
    // No longer text even if it has fewer switches: a token must never grow.
    if (cost >= cost_ || cost.text > cost_.text) return false;
    best_ = std::move(found);
    cost_ = cost;
    if (better_) better_();
    return true;
}

bool ScheduleSearch::remove_chunks() {
    bool any = false;
    for (std::size_t size = runs().size(); size >= 1; size /= 2) {
        // From the back: what comes after the failure goes first.
        for (std::size_t end = runs().size(); end > 0;) {
            const std::size_t begin = end > size ? end - size : 0;
            Runs shorter = runs();
            shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(begin),
                          shorter.begin() + static_cast<std::ptrdiff_t>(end));
            any = consider(std::move(shorter)) || any;
            end = std::min(begin, runs().size());
        }
    }
    return any;
}

// Two runs of one CPU become one, at the place of the earlier or of the later.
bool ScheduleSearch::join_runs() {
    bool any = false;
    for (std::size_t i = 0; i < runs().size(); ++i) {
        std::size_t j = i + 1;
        while (j < runs().size() && !(runs()[j].option == runs()[i].option)) ++j;
        if (j >= runs().size() || !movable(runs()[i])) continue;
        Runs early = runs(), late = runs();
        early[i].times += early[j].times;
        early.erase(early.begin() + static_cast<std::ptrdiff_t>(j));
        late[j].times += late[i].times;
        late.erase(late.begin() + static_cast<std::ptrdiff_t>(i));
        if (consider(std::move(early)) || consider(std::move(late))) {
            any = true;
            --i;  // the same place again, with what stands there now
        }
    }
    return any;
}

bool ScheduleSearch::shorten_runs() {
    bool any = false;
    for (std::size_t i = runs().size(); i-- > 0;) {
        if (i >= runs().size()) continue;
        for (std::uint32_t less = runs()[i].times / 2; less >= 1; less /= 2) {
            while (i < runs().size() && runs()[i].times > less) {
                Runs shorter = runs();
                shorter[i].times -= less;
                if (!consider(std::move(shorter))) break;
                any = true;
            }
        }
    }
    return any;
}

}  // namespace

Failing failing_of(const TrialAnswer& answer) {
    SIM_CHECK(answer.reproduced);
    Failing failing;
    failing.failure = answer.failures.front();
    failing.failure.site.clear();  // known of this run, but not to who reads of it elsewhere
    failing.taken = answer.taken;
    std::size_t end = answer.taken.size();
    while (end > 0 && answer.taken[end - 1].index == 0) --end;
    std::vector<PickRun>& picks = failing.failure.picks;
    picks.clear();
    for (std::size_t i = 0; i < end; ++i) {
        const Taken& taken = answer.taken[i];
        if (!picks.empty() && picks.back().index == taken.index &&
            picks.back().bound == taken.bound)
            ++picks.back().times;
        else
            picks.push_back({taken.index, taken.bound, 1});
        if (!failing.choices.empty() && failing.choices.back().option == taken.option)
            ++failing.choices.back().times;
        else
            failing.choices.push_back({taken.option, 1});
    }
    return failing;
}

ScheduleCost cost_of(const Failing& failing) {
    ScheduleCost cost;
    for (const ChoiceRun& run : failing.choices) {
        const bool plain = movable(run) || run.option.kind == Option::Kind::family;
        if (!plain) cost.strikes += run.times;
        cost.picks += run.times;
    }
    cost.runs = failing.choices.size();
    cost.text = write_picks(failing.failure.picks).size();
    return cost;
}

void shrink_schedule(TrialBench& bench, Failing& best, const std::function<void()>& better) {
    ScheduleSearch search(bench, best, better);
    bool again = true;
    while (again) {
        again = search.remove_chunks();
        again = search.join_runs() || again;
        again = search.shorten_runs() || again;
    }
}

}  // namespace lockstep
