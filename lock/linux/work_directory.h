// A folder of our own that is gone when its owner is.
#pragma once

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>

#include "lock/port.h"

namespace lockstep {

// Empty at first. Throws PortError if it cannot be made.
class WorkDirectory {
  public:
    explicit WorkDirectory(std::filesystem::path path) : path_(std::move(path)) {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
        std::filesystem::create_directories(path_, error);
        if (error)
            throw PortError{"cannot make the folder `" + path_.string() + "`: " + error.message(),
                            "is the cache folder writable? XDG_CACHE_HOME moves it"};
    }
    // A compiler that was stopped a moment ago may still be writing.
    ~WorkDirectory() {
        std::error_code error;
        for (unsigned i = 0; i < 20; ++i) {
            std::filesystem::remove_all(path_, error);
            if (!std::filesystem::exists(path_, error)) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    WorkDirectory(const WorkDirectory&) = delete;
    WorkDirectory& operator=(const WorkDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace lockstep
