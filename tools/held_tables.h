// Held tables: what each CPU's table of held locks contains, folded from the stores to it.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tools/recording.h"

namespace lockstep {

class HeldTables {
  public:
    explicit HeldTables(const Recording& recording);
    void on_event(const Event& event);  // stores to a held table; ignores all others
    // "[A, B]"; an entry that is NULL though counted is "-", one beyond the table is "+n".
    std::string text(CpuId cpu) const;

  private:
    static constexpr unsigned kEntriesShown = 31;
    struct Table {
        std::uint32_t count = 0;
        std::array<std::uint64_t, kEntriesShown> entries{};
    };
    const Recording& recording_;
    HeldTableLayout layout_;
    std::vector<Table> tables_;
};

}  // namespace lockstep
