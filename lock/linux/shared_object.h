// A kernel port's shared object in this process: opened, checked, and its parts found.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "lock/linux/descriptor.h"
#include "lock/linux/point_rules.h"
#include "sim/kernel.h"

namespace lockstep {

struct MemoryRange {
    void* begin = nullptr;
    std::size_t size = 0;
};

class SharedObject {
  public:
    // Throws PortError with the reason. The functions it calls come from this program.
    explicit SharedObject(const std::filesystem::path& file);
    ~SharedObject();
    SharedObject(const SharedObject&) = delete;
    SharedObject& operator=(const SharedObject&) = delete;

    const kport_descriptor& descriptor() const { return *descriptor_; }
    // Another symbol of it; nullptr: it has none of this name.
    const void* symbol(const char* name) const;
    const std::filesystem::path& file() const { return file_; }
    // All sites: accesses first, then calls. File names are as in the kernel tree.
    const std::vector<sim_site*>& sites() const { return sites_; }
    // .data and .bss; sites and the per-CPU template are not part of it.
    std::vector<MemoryRange> static_data() const;
    // Where an address is in the file: what debug information speaks of.
    std::uintptr_t file_address(std::uintptr_t address) const { return address - base_; }

    // Gives each site the points that lie at it, and takes all others away.
    void attach_points(const std::vector<PointPlace>& places);

  private:
    void* handle_ = nullptr;
    std::filesystem::path file_;
    const kport_descriptor* descriptor_ = nullptr;
    std::uintptr_t base_ = 0;
    std::vector<sim_site*> sites_;
};

// "kernel/bpf/../locking/qspinlock.h" is kernel/locking/qspinlock.h.
std::string normal_path(const std::string& path);

}  // namespace lockstep
