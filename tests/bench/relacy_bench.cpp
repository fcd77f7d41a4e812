// A baseline: the plain qspinlock under Relacy's random scheduler.
#include <sstream>

#include "sim/check.h"
#include "tests/bench/baselines.h"
#include "tests/bench/plain_qspinlock.h"

// Last: it redefines `new`, `delete` and `malloc`.
#include <relacy/relacy.hpp>

namespace lockstep::bench {

namespace {

struct RelacyEnvironment {
    template <class T>
    class Word {
      public:
        T load() { return word_.load(rl::mo_acquire, $); }
        void store(T value) { word_.store(value, rl::mo_release, $); }
        bool compare_exchange(T& expected, T value) {
            return word_.compare_exchange_strong(expected, value, rl::mo_acq_rel, $);
        }
        T add(T value) { return word_.fetch_add(value, rl::mo_acq_rel, $); }
        T set_bits(T bits) { return word_.fetch_or(bits, rl::mo_acq_rel, $); }

      private:
        rl::atomic<T> word_;
    };

    static void fence() { rl::atomic_thread_fence(rl::mo_acq_rel, $); }

    template <class T, class Condition>
    static T await(Word<T>& word, Condition holds) {
        for (;;) {
            const T now = word.load();
            if (holds(now)) return now;
            rl::yield(1, $);
        }
    }
};

struct Contend : rl::test_suite<Contend, 3> {
    PlainQspinlock<RelacyEnvironment> lock;

    void before() { lock.initialize(); }

    void thread(unsigned index) {
        for (int round = 0; round < 2; ++round) {
            lock.acquire(index);
            lock.release();
        }
    }
};

}  // namespace

void walk_in_relacy(unsigned executions) {
    std::ostringstream silence;
    rl::test_params parameters;
    parameters.iteration_count = executions;
    parameters.search_type = rl::sched_random;
    parameters.output_stream = &silence;
    parameters.progress_stream = &silence;
    SIM_CHECK(rl::simulate<Contend>(parameters));
}

}  // namespace lockstep::bench
