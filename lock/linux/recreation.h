// Recreations: upstream bugs of the lock, each with a small edit that puts it back into the source
// of a tree that has its fix. The edits say what to find, as patterns in a function or macro, and
// what to make of it; they hold no kernel source and refuse a tree that does not look as expected.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lock/linux/features.h"
#include "lock/linux/flavour.h"

namespace lockstep {

// Kernel files by their path in the tree.
using SourceTexts = std::map<std::string, std::string>;

struct SourceEdit {
    // The file, by the first of these paths that the tree has.
    std::vector<std::string> paths;
    std::string scope;        // function or macro in it; empty: the whole file
    std::string find;         // a pattern that occurs there exactly once; comments are not seen
    std::string replacement;  // in the notation of boost::regex_replace
    std::string expected;     // what was looked for, in words
};

struct Recreation {
    std::string bug;                 // "R11"
    std::string title;               // what goes wrong, in one line
    std::string edit;                // what the edit changes, in one line
    std::vector<std::string> fixes;  // upstream commits
    std::string feature;             // what the source of a tree with the fix has
    // Which flavours have the code: "queued", "test-and-set", "fast-path", "arm64", "any".
    std::string where;
    std::vector<SourceEdit> edits;
};

// In the order of their numbers.
const std::vector<Recreation>& recreations();
// By its name in any case: "R11", "r6a"; R2 is R1. Throws PortError naming what is near.
const Recreation& recreation_named(const std::string& bug);
// Can a port of this flavour show the bug?
bool concerns(const Recreation& recreation, const Flavour& flavour);

// The source the features are read off.
LockSource lock_source(const SourceTexts& files);

// Applies the edits of all of these to `files` and returns the paths of those that changed. Throws
// PortError with file, what was expected and what to do: the bug is in the tree already, a pattern
// does not occur exactly once, or two bugs cannot be put back together.
std::vector<std::string> recreate(const std::vector<std::string>& bugs, const Flavour& flavour,
                                  SourceTexts& files);

// "R4", "r11,R4": the names in the order of recreations(), each once.
std::vector<std::string> bugs_of(const std::vector<std::string>& words);

}  // namespace lockstep
