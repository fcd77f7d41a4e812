// Where kernel port tests get their trees: a real one if the machine has it (else they are
// skipped), and small ones written by the test itself. Ports are built into a cache of the test's.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "lock/linux/kernel_tree.h"
#include "lock/linux/manifest.h"

namespace lockstep {

// LOCKSTEP_KERNEL_TREE, or the newest tree that tools/linux-source put into the user's cache.
inline std::optional<std::filesystem::path> real_kernel_tree() {
    static const std::optional<std::filesystem::path> kTree =
        []() -> std::optional<std::filesystem::path> {
        const char* const given = std::getenv("LOCKSTEP_KERNEL_TREE");
        if (given != nullptr && *given != '\0') return given;
        std::optional<std::filesystem::path> newest;
        KernelVersion best;
        std::error_code error;
        const auto trees = ports_directory().parent_path() / "linux";
        for (const auto& entry : std::filesystem::directory_iterator(trees, error)) {
            const KernelVersion version = parse_version(entry.path().filename().string());
            if (version > best) {
                best = version;
                newest = entry.path();
            }
        }
        return newest;
    }();
    return kTree;
}

#define SKIP_WITHOUT_KERNEL_TREE() \
    if (!real_kernel_tree())       \
    GTEST_SKIP() << "no kernel tree: run tools/linux-source, or set LOCKSTEP_KERNEL_TREE"

// A folder of the test's own; gone at its end.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "lockstep-test-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~TemporaryFolder() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// The user's cache is elsewhere while this lives.
class TemporaryCache {
  public:
    TemporaryCache() {
        real_kernel_tree();  // found in the real cache, if at all
        if (const char* const old = std::getenv("XDG_CACHE_HOME")) old_ = old;
        setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
    }
    ~TemporaryCache() {
        if (old_) setenv("XDG_CACHE_HOME", old_->c_str(), 1);
        if (!old_) unsetenv("XDG_CACHE_HOME");
    }
    TemporaryCache(const TemporaryCache&) = delete;
    TemporaryCache& operator=(const TemporaryCache&) = delete;
    const std::filesystem::path& path() const { return folder_.path(); }

  private:
    TemporaryFolder folder_;
    std::optional<std::string> old_;
};

// A copy of the files of `tree` that ports use, free to be changed.
inline void copy_port_files(const std::filesystem::path& tree, const std::filesystem::path& to) {
    for (const Flavour& flavour : flavours())
        for (const KernelFile& file : kernel_files(flavour))
            if (std::filesystem::exists(tree / file.path))
                write_text(to / file.path, read_text(tree / file.path));
    write_text(to / "Makefile", read_text(tree / "Makefile"));
}

}  // namespace lockstep
