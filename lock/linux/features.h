// Which fixes and traits a kernel's rqspinlock has, read off its source text by conservative
// patterns. Versions are never asked: stable kernels carry single fixes.
#pragma once

#include <string>
#include <vector>

#include "lock/linux/flavour.h"
#include "lock/linux/source_text.h"

namespace lockstep {

struct LockSource {
    SourceText lock;    // kernel/bpf/rqspinlock.c
    SourceText header;  // include/asm-generic/rqspinlock.h
    // arch/arm64/include/asm/rqspinlock.h; empty for other architectures.
    SourceText arm64 = SourceText("");
};

struct Features {
    std::vector<std::string> present;
    std::vector<std::string>
        undecided;  // the text has neither the known new nor the known old form
};

Features read_features(const LockSource& source, const Flavour& flavour);

// Of a plain lock: what its configuration says.
std::vector<std::string> plain_features(const Flavour& flavour);

}  // namespace lockstep
