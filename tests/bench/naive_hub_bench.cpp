// A baseline: the plain qspinlock on the machine one would write first. One boost::context::fiber
// per thread and execution; before each access it goes back to the hub, which picks who is next.
#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "tests/bench/baselines.h"
#include "tests/bench/plain_qspinlock.h"

namespace lockstep::bench {

namespace {

using boost::context::fiber;
constexpr unsigned kThreads = 3;

struct Hub {
    struct Thread {
        fiber context;
        std::function<bool()> waits_for;  // empty: it can run
        bool done = false;
    };
    std::vector<Thread> threads;
    std::vector<unsigned> trace;
    std::function<unsigned(unsigned)> pick;
    fiber hub;
    unsigned running = 0;

    void step() { hub = std::move(hub).resume(); }

    void run() {
        std::vector<unsigned> ready;
        for (;;) {
            ready.clear();
            for (unsigned t = 0; t < threads.size(); ++t) {
                const Thread& thread = threads[t];
                if (!thread.done && (!thread.waits_for || thread.waits_for())) ready.push_back(t);
            }
            if (ready.empty()) return;
            running = ready[pick(static_cast<unsigned>(ready.size()))];
            trace.push_back(running);
            Thread& next = threads[running];
            next.waits_for = nullptr;
            next.context = std::move(next.context).resume();
        }
    }
};

Hub* current = nullptr;

struct HubEnvironment {
    template <class T>
    class Word {
      public:
        T load() {
            current->step();
            return word_;
        }
        void store(T value) {
            current->step();
            word_ = value;
        }
        bool compare_exchange(T& expected, T value) {
            current->step();
            const bool equal = word_ == expected;
            expected = std::exchange(word_, equal ? value : word_);
            return equal;
        }
        T add(T value) {
            current->step();
            return std::exchange(word_, word_ + value);
        }
        T set_bits(T bits) {
            current->step();
            return std::exchange(word_, word_ | bits);
        }
        T peek() const { return word_; }

      private:
        T word_{};
    };

    static void fence() { current->step(); }

    template <class T, class Condition>
    static T await(Word<T>& word, Condition holds) {
        for (;;) {
            const T now = word.load();
            if (holds(now)) return now;
            current->threads[current->running].waits_for = [&word, holds] {
                return holds(word.peek());
            };
        }
    }
};

}  // namespace

void walk_in_naive_hub(unsigned executions) {
    std::mt19937 random(1);
    boost::context::pooled_fixedsize_stack stacks;
    for (unsigned i = 0; i < executions; ++i) {
        PlainQspinlock<HubEnvironment> lock;
        Hub hub;
        current = &hub;
        hub.pick = [&random](unsigned bound) {
            return std::uniform_int_distribution<unsigned>(0, bound - 1)(random);
        };
        hub.threads.resize(kThreads);
        for (unsigned t = 0; t < kThreads; ++t) {
            hub.threads[t].context =
                fiber(std::allocator_arg, stacks, [&hub, &lock, t](fiber&& from) {
                    hub.hub = std::move(from);
                    for (int round = 0; round < 2; ++round) {
                        lock.acquire(t);
                        lock.release();
                    }
                    hub.threads[t].done = true;
                    return std::move(hub.hub);
                });
        }
        hub.run();
    }
}

}  // namespace lockstep::bench
