// Inline assembly in the kernel files of a port. It cannot run here: the shim headers put a body in
// C in its place, written by hand from what the assembly does. So each statement is pinned by a
// hash of its text, and a kernel whose assembly is another one is refused rather than
// mistranslated.
#pragma once

#include <string>
#include <vector>

#include "lock/linux/flavour.h"

namespace lockstep {

struct AssemblyStatement {
    std::string function;  // that it stands in; of a macro, the macro's name
    unsigned line = 0;     // 1-based
    std::string sha256;    // of its text with every run of blanks as one, comments left out
};

// Every `asm` and `asm_inline` statement of a C file, in order.
std::vector<AssemblyStatement> assembly_in(const std::string& text);

// Throws PortError if the text of `path` in the tree has a statement that no body was written for.
void check_inline_assembly(const Flavour& flavour, const std::string& path,
                           const std::string& text);

}  // namespace lockstep
