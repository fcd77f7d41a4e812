// Parts: the arena's live bytes in pieces, so that a search copies and hashes only what changed.
//
//   machine │ cpu 0..n-1 │ task 0..t-1 (its slot and live stack) │ oracle 0..k-1 │ user blocks │
//   static data of ports │ steering (injections made, owners of locks) │ findings
//
// Whoever changes bytes of a part marks it; a mark too many costs time, a missing one is a bug that
// the search's own check (`verify`) finds. The marks are what the search has not looked at yet,
// no state of the machine: they live outside the arena. Only the machine and the explorer use this.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/types.h"

namespace lockstep {

constexpr unsigned kPartsMax = 512;
constexpr unsigned kUserBlocksMax = 128;

class PartSet {
  public:
    void add(unsigned part) { add_to_word(part >> 6, std::uint64_t{1} << (part & 63)); }
    // Part `first` + i for each bit i of `bits`.
    void add(unsigned first, std::uint32_t bits) {
        const unsigned shift = first & 63;
        add_to_word(first >> 6, std::uint64_t{bits} << shift);
        if (shift > 32) add_to_word((first >> 6) + 1, std::uint64_t{bits} >> (64 - shift));
    }
    void add(const PartSet& other) {
        other.for_each_word([this](unsigned i, std::uint64_t word) { add_to_word(i, word); });
    }
    void clear() {
        for_each_word([this](unsigned i, std::uint64_t) { words_[i] = 0; });
        used_ = 0;
    }
    // In ascending order.
    template <class Each>
    void for_each(Each each) const {
        for_each_word([each](unsigned i, std::uint64_t left) {
            for (; left != 0; left &= left - 1)
                each(i * 64 + static_cast<unsigned>(std::countr_zero(left)));
        });
    }

  private:
    static constexpr unsigned kWords = kPartsMax / 64;
    void add_to_word(unsigned i, std::uint64_t bits) {
        words_[i] |= bits;
        used_ |= std::uint32_t{1} << i;
    }
    template <class Each>
    void for_each_word(Each each) const {
        for (std::uint32_t left = used_; left != 0; left &= left - 1) {
            const auto i = static_cast<unsigned>(std::countr_zero(left));
            each(i, words_[i]);
        }
    }
    std::array<std::uint64_t, kWords> words_{};
    std::uint32_t used_ = 0;  // bit = a word that may not be 0: of a small machine only the first
};

namespace parts {

struct Range {
    std::byte* begin;
    std::size_t size;
};
}  // namespace parts

// Which part is where. Laid out when a search begins; nothing is marked before.
struct Parts {
    bool on = false;
    unsigned count = 0;
    unsigned tasks_at = 0, oracles_at = 0, user_at = 0, static_at = 0;
    unsigned steering_at = 0, findings_at = 0;
    unsigned block_shift = 0;  // a user block has 1 << block_shift bytes
    std::uint64_t user_end = 0;
    PartSet marked;
    PartSet always;                    // what every transition changes, and nobody marks
    std::vector<parts::Range> ranges;  // by part: where it is, but for what grows; see tail_of()
};

namespace parts {

// Numbers the parts of the sealed machine and marks them all.
void lay_out();
// What belongs to a part behind its range, as it is now: a task's live stack, the findings made. To
// be asked when that range, and the parts before this one, are as they should be.
Range tail_of(unsigned part);
// Of what a state is, besides how it was reached: no counters of steps or picks, no dead bytes.
std::uint64_t hash_of(unsigned part);
// If the hash of such a part is as it was, so are its bytes: there is nothing else to it.
inline bool is_identity(const Parts& all, unsigned part) {
    return part >= all.oracles_at && part != all.findings_at;
}
// The same as bytes, appended: for whoever does not trust a hash.
void append_identity(unsigned part, std::vector<std::byte>& to);

}  // namespace parts

}  // namespace lockstep
