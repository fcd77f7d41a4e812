// Applying edits. A pattern is looked for in the source with its comments blanked out, which keeps
// every position; what it found is replaced in the source as it is.
#include "lock/linux/recreation.h"

#include <algorithm>
#include <cctype>

#include "lock/linux/pattern.h"
#include "lock/port.h"

namespace lockstep {

namespace {

const char* const kUnlikeTree =
    "the recreation does not know this form of the source: make the change by hand in a copy of "
    "the tree and add the copy";

std::string upper(std::string word) {
    for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return word;
}

std::string text_at(const SourceTexts& files, const std::vector<std::string>& paths) {
    for (const std::string& path : paths)
        if (const auto found = files.find(path); found != files.end()) return found->second;
    return "";
}

std::string described(const SourceEdit& edit, const std::string& path) {
    return "`" + path + "`" + (edit.scope.empty() ? "" : ", " + edit.scope + "()");
}

// Where the edit may look, as a range of the text.
SourceRange range_of(const SourceEdit& edit, const SourceText& source, const std::string& path,
                     const std::string& bug) {
    if (edit.scope.empty()) return {0, source.text().size()};
    if (const auto range = source.function_range(edit.scope)) return *range;
    if (const auto range = source.macro_range(edit.scope)) return *range;
    throw PortError{bug + ": `" + path + "` defines no " + edit.scope + "()", kUnlikeTree};
}

void apply(const SourceEdit& edit, const std::string& bug, SourceTexts& files) {
    std::string path;
    for (const std::string& candidate : edit.paths)
        if (path.empty() && files.contains(candidate)) path = candidate;
    if (path.empty())
        throw PortError{bug + ": the tree has no file `" + edit.paths.front() + "`",
                        "tools/linux-source unpacks all files that are needed"};
    std::string& text = files[path];
    const SourceText source(text);
    const SourceRange range = range_of(edit, source, path, bug);
    const std::string scope = source.text().substr(range.begin, range.end - range.begin);
    const boost::regex pattern = kernel_regex(edit.find);
    const boost::sregex_iterator first(scope.begin(), scope.end(), pattern), none;
    const auto count = std::distance(first, none);
    if (count != 1)
        throw PortError{bug + ": " + described(edit, path) + ": expected " + edit.expected +
                            " once, found " +
                            (count == 0 ? "none" : std::to_string(count) + " places"),
                        kUnlikeTree};
    text.replace(range.begin + static_cast<std::size_t>(first->position()),
                 static_cast<std::size_t>(first->length()), first->format(edit.replacement));
}

enum class Has : std::uint8_t { no, yes, undecided };

Has feature_in(const SourceTexts& files, const std::string& feature, const Flavour& flavour) {
    const Features features = read_features(lock_source(files), flavour);
    const auto lists = [&feature](const std::vector<std::string>& names) {
        return std::find(names.begin(), names.end(), feature) != names.end();
    };
    if (lists(features.present)) return Has::yes;
    return lists(features.undecided) ? Has::undecided : Has::no;
}

// A flavour on which the bug can be seen; what the source has does not depend on which.
const Flavour& flavour_for(const Recreation& recreation, const Flavour& wanted) {
    if (concerns(recreation, wanted)) return wanted;
    for (const Flavour& flavour : flavours())
        if (concerns(recreation, flavour)) return flavour;
    return wanted;
}

void put_back(const Recreation& recreation, const Flavour& wanted, SourceTexts& files) {
    const Flavour& flavour = flavour_for(recreation, wanted);
    if (feature_in(files, recreation.feature, flavour) == Has::no)
        throw PortError{recreation.bug + " is in this source already: it lacks the feature `" +
                            recreation.feature + "`",
                        "leave " + recreation.bug + " out to see it"};
    for (const SourceEdit& edit : recreation.edits) apply(edit, recreation.bug, files);
    if (feature_in(files, recreation.feature, flavour) != Has::no)
        throw PortError{recreation.bug + ": after the edit the source still has the feature `" +
                            recreation.feature + "`",
                        kUnlikeTree};
}

// Pairs of which one takes away what the other changes.
void check_pairs(const std::vector<std::string>& bugs) {
    static const char* const kPairs[][3] = {
        {"R4", "R5", "an NMI either queues or spins on trylock"},
        {"R8", "R14", "without a look for AA before queueing there is no such exit"},
        {"R9", "R11", "a head in a deadlock either destroys the queue or leaves alone"},
    };
    const auto lists = [&bugs](const char* bug) {
        return std::find(bugs.begin(), bugs.end(), bug) != bugs.end();
    };
    for (const auto& [one, other, why] : kPairs)
        if (lists(one) && lists(other))
            throw PortError{
                std::string(one) + " and " + other + " cannot be put back together: " + why,
                "add a port for each"};
}

}  // namespace

bool concerns(const Recreation& recreation, const Flavour& flavour) {
    if (recreation.where == "queued") return flavour.queued && !flavour.test_and_set;
    if (recreation.where == "test-and-set") return flavour.test_and_set;
    if (recreation.where == "fast-path") return flavour.queued;
    if (recreation.where == "arm64") return flavour.arch == "arm64";
    return true;
}

const Recreation& recreation_named(const std::string& bug) {
    // R2 is R1 on a machine with an event stream: seconds instead of for ever.
    const std::string name = upper(bug) == "R2" ? "R1" : upper(bug);
    std::string all;
    for (const Recreation& each : recreations()) {
        if (name == upper(each.bug)) return each;
        all += (all.empty() ? "" : ", ") + each.bug;
    }
    if (name == "R6") throw PortError{"R6 is two bugs, R6a and R6b", "R6a,R6b puts back both"};
    throw PortError{"there is no recreation of a bug `" + bug + "`",
                    "there is one of " + all + "; `lockstep port bugs` tells what they are"};
}

std::vector<std::string> bugs_of(const std::vector<std::string>& words) {
    std::vector<std::string> wanted;
    for (const std::string& word : words)
        for (std::size_t begin = 0; begin <= word.size();) {
            const std::size_t end = std::min(word.find(',', begin), word.size());
            wanted.push_back(recreation_named(word.substr(begin, end - begin)).bug);
            begin = end + 1;
        }
    std::vector<std::string> bugs;
    for (const Recreation& each : recreations())
        if (std::find(wanted.begin(), wanted.end(), each.bug) != wanted.end())
            bugs.push_back(each.bug);
    return bugs;
}

LockSource lock_source(const SourceTexts& files) {
    return {SourceText(text_at(files, {"kernel/bpf/rqspinlock.c", "kernel/locking/rqspinlock.c"})),
            SourceText(text_at(files, {"include/asm-generic/rqspinlock.h"})),
            SourceText(text_at(files, {"arch/arm64/include/asm/rqspinlock.h"}))};
}

std::vector<std::string> recreate(const std::vector<std::string>& bugs, const Flavour& flavour,
                                  SourceTexts& files) {
    check_pairs(bugs);
    const SourceTexts before = files;
    for (const std::string& bug : bugs) put_back(recreation_named(bug), flavour, files);
    std::vector<std::string> changed;
    for (const auto& [path, text] : files)
        if (before.at(path) != text) changed.push_back(path);
    return changed;
}

}  // namespace lockstep
