// A folder of our own that is gone when its owner is.
#pragma once

#include <filesystem>
#include <system_error>
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
    ~WorkDirectory() {
        std::error_code error;
        std::filesystem::remove_all(path_, error);
    }
    WorkDirectory(const WorkDirectory&) = delete;
    WorkDirectory& operator=(const WorkDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

}  // namespace lockstep
