// Where the source of the lock differs from tree to tree in what the unit that includes it must be
// told, or in what Lockstep has to add: the file moved, names changed, headers came later.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lock/linux/flavour.h"
#include "lock/linux/recreation.h"

namespace lockstep {

struct TreeVariant {
    std::vector<std::string> defines;  // "KPORT_NODES=rqnodes"
    std::vector<ShimHeader> headers;
};

// `files` are those of the tree that the flavour uses. Throws PortError if this lock cannot be
// built in this flavour: it has no such code yet, or a header that it asks for is missing.
TreeVariant variant_of(const Flavour& flavour, const SourceTexts& files,
                       const std::filesystem::path& tree);

}  // namespace lockstep
