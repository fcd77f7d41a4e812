// Reading a kernel tree: the top of its Makefile says which version it is.
#include "lock/linux/kernel_tree.h"

#include <sha256.h>

#include <array>
#include <fstream>
#include <sstream>

#include "lock/linux/pattern.h"
#include "lock/port.h"

namespace lockstep {

namespace {

// "VERSION = 7" in the Makefile; nothing if the line is missing.
bool find_assignment(const std::string& makefile, const std::string& name, std::string& value) {
    std::istringstream lines(makefile);
    for (std::string line; std::getline(lines, line);) {
        if (line.compare(0, name.size(), name) != 0) continue;
        const std::size_t equals = line.find_first_not_of(" \t", name.size());
        if (equals == std::string::npos || line[equals] != '=') continue;
        const std::size_t begin = line.find_first_not_of(" \t", equals + 1);
        const std::size_t end = line.find_last_not_of(" \t\r");
        value = begin == std::string::npos ? "" : line.substr(begin, end - begin + 1);
        return true;
    }
    return false;
}

unsigned number_of(const std::string& text) {
    unsigned number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return 0;
        number = number * 10 + static_cast<unsigned>(c - '0');
        if (number > 100'000) return 0;
    }
    return number;
}

// Numbers inside an extra version compare as numbers: -rc10 is later than -rc9.
unsigned release_candidate(const std::string& extra) {
    if (extra.compare(0, 3, "-rc") != 0) return ~0u;
    return number_of(extra.substr(3));
}

PortError not_a_tree(const std::filesystem::path& tree, const std::string& why) {
    return PortError{"`" + tree.string() + "` is not the root of a Linux source tree: " + why,
                     "give the folder that holds the kernel's Makefile, or run tools/linux-source"};
}

}  // namespace

std::string KernelVersion::text() const {
    return major_minor() + (patch == 0 ? "" : "." + std::to_string(patch)) + extra;
}

std::string KernelVersion::major_minor() const {
    return std::to_string(major) + "." + std::to_string(minor);
}

std::strong_ordering operator<=>(const KernelVersion& left, const KernelVersion& right) {
    if (const auto order = left.major <=> right.major; order != 0) return order;
    if (const auto order = left.minor <=> right.minor; order != 0) return order;
    if (const auto order = left.patch <=> right.patch; order != 0) return order;
    const unsigned left_rc = release_candidate(left.extra);
    const unsigned right_rc = release_candidate(right.extra);
    if (const auto order = left_rc <=> right_rc; order != 0) return order;
    return left.extra.compare(right.extra) <=> 0;
}

bool operator==(const KernelVersion& left, const KernelVersion& right) {
    return (left <=> right) == 0;
}

KernelVersion parse_version(const std::string& text) {
    static const boost::regex kShape =
        kernel_regex(R"((\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(-.*)?)");
    Match match;
    if (!boost::regex_match(text, match, kShape)) return {};
    return {number_of(match[1]), number_of(match[2]), number_of(match[3]), match[4]};
}

KernelVersion read_tree_version(const std::filesystem::path& tree) {
    std::error_code error;
    if (!std::filesystem::is_directory(tree, error))
        throw not_a_tree(tree, error == std::errc::permission_denied  ? "it cannot be read"
                               : std::filesystem::exists(tree, error) ? "it is no folder"
                                                                      : "there is no such folder");
    if (!std::filesystem::exists(tree / "Makefile", error))
        throw not_a_tree(
            tree, error ? "its Makefile cannot be read: " + error.message() : "it has no Makefile");
    const std::string makefile = read_text(tree / "Makefile");
    std::string major, minor, patch, extra;
    if (!find_assignment(makefile, "VERSION", major) ||
        !find_assignment(makefile, "PATCHLEVEL", minor) || number_of(major) == 0)
        throw not_a_tree(tree, "its Makefile names no kernel version");
    find_assignment(makefile, "SUBLEVEL", patch);
    find_assignment(makefile, "EXTRAVERSION", extra);
    for (const char c : extra)
        if (c == '/' || c == '$') throw not_a_tree(tree, "its EXTRAVERSION is `" + extra + "`");
    const KernelVersion version{number_of(major), number_of(minor), number_of(patch), extra};
    const bool older = version.major < kOldestMajor ||
                       (version.major == kOldestMajor && version.minor < kOldestMinor);
    // A posting of the lock was for an older version.
    const auto has = [&](const char* path) { return std::filesystem::exists(tree / path, error); };
    if (older && !has("kernel/bpf/rqspinlock.c") && !has("kernel/locking/rqspinlock.c"))
        throw PortError{"`" + tree.string() + "` is Linux " + version.text() +
                            "; rqspinlock exists from 6.15 on",
                        "run tools/linux-source to get a newer tree"};
    return version;
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    if (stream) text << stream.rdbuf();
    if (!stream) throw PortError{"cannot read `" + file.string() + "`", ""};
    return text.str();
}

void write_text(const std::filesystem::path& file, const std::string& text) {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream)
        throw PortError{"cannot write `" + file.string() + "`",
                        "is the cache folder writable, and is there room? XDG_CACHE_HOME moves it"};
}

std::string sha256_of_file(const std::filesystem::path& file) {
    std::array<char, SHA256_DIGEST_STRING_LENGTH> hex{};
    if (SHA256File(file.c_str(), hex.data()) == nullptr)
        throw PortError{"cannot read `" + file.string() + "`", ""};
    return hex.data();
}

std::string sha256_of_text(const std::string& text) {
    std::array<char, SHA256_DIGEST_STRING_LENGTH> hex{};
    SHA256Data(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), hex.data());
    return hex.data();
}

}  // namespace lockstep
