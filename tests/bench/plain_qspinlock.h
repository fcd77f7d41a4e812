// The qspinlock once more, for the baselines of the benchmark: step for step as lock/qspinlock.cpp,
// but on whole words (as the kernel does it for 16384 CPUs and more), because Relacy has no
// accesses of mixed size. Environment says what a word is and how to wait.
//
// Environment::Word<T> has load(), store(v), compare_exchange(expected, v), add(n) and
// set_bits(bits), which return what was there before; Environment::await(word, holds) looks at the
// word until it likes what it sees, and returns it; fence() orders what is on its two sides.
#pragma once

namespace lockstep::bench {

template <class Environment>
class PlainQspinlock {
  public:
    template <class T>
    using Word = typename Environment::template Word<T>;

    void initialize() {
        val_.store(0);
        for (Node& node : nodes_) {
            node.next.store(nullptr);
            node.granted.store(0);
            node.count.store(0);
        }
    }

    void acquire(unsigned cpu) {
        unsigned seen = 0;
        if (!val_.compare_exchange(seen, kLocked)) acquire_slowly(cpu, seen);
    }

    void release() { val_.add(0U - kLocked); }

  private:
    static constexpr unsigned kCpus = 3;
    static constexpr unsigned kLocked = 1;
    static constexpr unsigned kPending = 1U << 8;
    static constexpr unsigned kTailShift = 16;

    struct Node {
        Word<Node*> next;
        Word<int> granted;
        Word<int> count;
    };

    void acquire_slowly(unsigned cpu, unsigned seen) {
        if (seen == kPending)
            seen = Environment::await(val_, [](unsigned now) { return now != kPending; });
        if ((seen & ~kLocked) == 0) {
            seen = val_.set_bits(kPending) & kPending;
            seen |= val_.load() & ~kPending;
            if ((seen & ~kLocked) == 0) {
                if ((seen & kLocked) != 0) {
                    Environment::await(val_, [](unsigned now) { return (now & kLocked) == 0; });
                    Environment::fence();
                }
                val_.add(kLocked - kPending);
                return;
            }
            if ((seen & kPending) == 0) val_.add(0U - kPending);
        }
        Node& node = nodes_[cpu];
        node.count.store(node.count.load() + 1);
        acquire_in_queue(node, (cpu + 1) << kTailShift);
        node.count.add(-1);
    }

    void acquire_in_queue(Node& node, unsigned tail) {
        node.granted.store(0);
        node.next.store(nullptr);
        unsigned seen = val_.load();
        if (seen == 0 && val_.compare_exchange(seen, kLocked)) return;
        Environment::fence();
        const unsigned before = exchange_tail(tail);
        Node* next = nullptr;
        if (before != 0) {
            nodes_[(before >> kTailShift) - 1].next.store(&node);
            Environment::await(node.granted, [](int granted) { return granted != 0; });
            Environment::fence();
            next = node.next.load();
        }
        seen = Environment::await(val_,
                                  [](unsigned now) { return (now & (kLocked | kPending)) == 0; });
        Environment::fence();
        if (seen == tail && val_.compare_exchange(seen, kLocked)) return;
        val_.set_bits(kLocked);
        if (next == nullptr)
            next = Environment::await(node.next, [](Node* now) { return now != nullptr; });
        next->granted.store(1);
    }

    unsigned exchange_tail(unsigned tail) {
        unsigned seen = val_.load();
        while (!val_.compare_exchange(seen, (seen & 0xffffU) | tail)) {
        }
        return seen & ~0xffffU;
    }

    Word<unsigned> val_;
    Node nodes_[kCpus];
};

}  // namespace lockstep::bench
