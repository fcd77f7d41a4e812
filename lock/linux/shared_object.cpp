// dlopen of a port, and a look at its section headers for what the machine must save and restore.
#include "lock/linux/shared_object.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <cstring>
#include <set>

#include "lock/linux/kernel_tree.h"
#include "lock/port.h"
#include "sim/points.h"

namespace lockstep {

namespace {

// Sites point at their file's name for as long as the program runs.
const char* interned(const std::string& text) {
    static std::set<std::string> names;
    return names.insert(text).first->c_str();
}

PortError cannot_load(const std::filesystem::path& file, const std::string& why) {
    return PortError{"the kernel port `" + file.string() + "` cannot be loaded: " + why,
                     "build it again with `lockstep port add`"};
}

}  // namespace

std::string normal_path(const std::string& path) {
    return std::filesystem::path(path).lexically_normal().string();
}

SharedObject::SharedObject(const std::filesystem::path& file) : file_(file) {
    handle_ = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) throw cannot_load(file, dlerror());
    descriptor_ = static_cast<const kport_descriptor*>(dlsym(handle_, LOCKSTEP_KPORT_SYMBOL_NAME));
    link_map* map = nullptr;
    const bool mapped = dlinfo(handle_, RTLD_DI_LINKMAP, &map) == 0;
    if (descriptor_ == nullptr || descriptor_->abi != LOCKSTEP_KPORT_ABI || !mapped) {
        dlclose(handle_);
        throw cannot_load(file, "it is not a port of this version of Lockstep");
    }
    base_ = map->l_addr;
    for (sim_site* site = descriptor_->sites_begin; site != descriptor_->sites_end; ++site)
        sites_.push_back(site);
    for (sim_site* site = descriptor_->calls_begin; site != descriptor_->calls_end; ++site)
        sites_.push_back(site);
    for (sim_site* site : sites_) site->file = interned(normal_path(site->file));
}

SharedObject::~SharedObject() {
    dlclose(handle_);
}

const void* SharedObject::symbol(const char* name) const {
    return dlsym(handle_, name);
}

std::vector<MemoryRange> SharedObject::static_data() const {
    const std::string image = read_text(file_);
    std::vector<MemoryRange> ranges;
    Elf64_Ehdr header;
    if (image.size() < sizeof(header)) throw cannot_load(file_, "it is too short");
    std::memcpy(&header, image.data(), sizeof(header));
    const auto section = [&](std::size_t index) {
        Elf64_Shdr entry;
        const std::size_t at = header.e_shoff + index * sizeof(entry);
        if (at + sizeof(entry) > image.size()) throw cannot_load(file_, "it is damaged");
        std::memcpy(&entry, image.data() + at, sizeof(entry));
        return entry;
    };
    const Elf64_Shdr names = section(header.e_shstrndx);
    for (std::size_t i = 0; i < header.e_shnum; ++i) {
        const Elf64_Shdr entry = section(i);
        const std::size_t name_at = names.sh_offset + entry.sh_name;
        if (name_at >= image.size()) throw cannot_load(file_, "it is damaged");
        const std::string name = image.c_str() + name_at;
        if ((name == ".data" || name == ".bss") && entry.sh_size > 0)
            ranges.push_back({reinterpret_cast<void*>(base_ + entry.sh_addr), entry.sh_size});
    }
    return ranges;
}

void SharedObject::attach_points(const std::vector<PointPlace>& places) {
    for (sim_site* site : sites_) site->point_before = site->point_after = 0;
    for (const PointPlace& place : places) {
        const PointId id = point_by_name(place.point);
        for (sim_site* site : sites_) {
            if (site->line != place.line || place.file != site->file) continue;
            if (place.function != site->function || place.expression != site->expression) continue;
            (place.before ? site->point_before : site->point_after) = id;
        }
    }
}

}  // namespace lockstep
