// A Linux source tree, as far as a kernel port needs it: its version and the text of a few files.
#pragma once

#include <compare>
#include <filesystem>
#include <string>

namespace lockstep {

struct KernelVersion {
    unsigned major = 0, minor = 0, patch = 0;
    std::string extra;  // "-rc3"; or empty

    std::string text() const;         // "7.2.12", "7.3", "7.3-rc1": as the kernel's tags are named
    std::string major_minor() const;  // "7.2"
};
// -rc comes before the release.
std::strong_ordering operator<=>(const KernelVersion& left, const KernelVersion& right);
bool operator==(const KernelVersion& left, const KernelVersion& right);

// The first version whose tree has the lock.
constexpr unsigned kOldestMajor = 6, kOldestMinor = 15;

// Reads text() back; all zero if it is no version.
KernelVersion parse_version(const std::string& text);

// Throws PortError if `tree` is not the root of a kernel tree of 6.15 or later.
KernelVersion read_tree_version(const std::filesystem::path& tree);

// The whole file; throws PortError if it cannot be read.
std::string read_text(const std::filesystem::path& file);
void write_text(const std::filesystem::path& file, const std::string& text);

// Lower-case hex, as sha256sum prints it.
std::string sha256_of_file(const std::filesystem::path& file);
std::string sha256_of_text(const std::string& text);

}  // namespace lockstep
