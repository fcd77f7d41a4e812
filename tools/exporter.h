// Exporter: one recorded run as a file for another program. One implementation per file and one
// line in exporters(); what they share is the run, the clock and the names of its events.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/recording.h"
#include "tools/waits.h"

namespace lockstep {

// What the time axis of a viewer shows.
enum class ExportClock : std::uint8_t {
    ns,     // virtual nanoseconds
    steps,  // one step of the machine is drawn as one microsecond
};

struct ExportedRun {
    const Recording& recording;
    const Waits& waits;
    std::string title;  // "abba-2cpu on port linux/x86_64"
    ExportClock clock = ExportClock::ns;
    std::optional<std::uint64_t> at;  // a step; only pictures of one moment look at it
};

struct Exporter {
    const char* option;                            // "--perfetto"
    const char* summary;                           // of the option, for --help
    std::string (*write)(const ExportedRun& run);  // the whole file
};

const std::vector<Exporter>& exporters();

std::string write_perfetto(const ExportedRun& run);
std::string write_trace_dat(const ExportedRun& run);
std::string write_ftrace(const ExportedRun& run);
std::string write_svg(const ExportedRun& run);
std::string write_dot(const ExportedRun& run);

// Where what happens stands on the time axis, in ns. Most clock modes let many events happen at the
// same virtual time; so that no viewer can put them in another order, what would stand where the
// one before it does is put 1 ns behind it.
class ExportTimes {
  public:
    explicit ExportTimes(ExportClock clock) : clock_(clock) {}
    // REQUIRES: called in the order in which things happened.
    std::uint64_t take(TimeNs time, std::uint64_t step);

  private:
    ExportClock clock_;
    std::uint64_t next_ = 0;
};

// The lock words of a run, followed store by store; a store may write a part of a word only.
class LockWords {
  public:
    explicit LockWords(const Recording& recording) : words_(recording.locks.size(), 0) {}
    // REQUIRES: is_word_store(event). Returns the word before it; after it, word() is the new one.
    std::uint32_t take(const Event& event);
    std::uint32_t word(LockId lock) const { return lock < words_.size() ? words_[lock] : 0; }

  private:
    std::vector<std::uint32_t> words_;
};

bool is_word_store(const Recording& recording, const Event& event);

// The parts of a lock word that have a mask, or the whole word if none has: "tail", "pending" ...
struct WordField {
    const char* name;
    std::uint32_t mask;
    std::uint32_t of(std::uint32_t word) const {
        return (word & mask) >> static_cast<unsigned>(__builtin_ctz(mask));
    }
};
std::vector<WordField> word_fields(const WordLayout& layout);

}  // namespace lockstep
