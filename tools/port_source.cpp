// Reading kernel files, and putting the bugs of a port back into those that differ.
#include "tools/port_source.h"

#include <optional>

#include "lock/linux/kernel_tree.h"
#include "lock/linux/manifest.h"
#include "lock/linux/recreation.h"
#include "tools/library.h"

namespace lockstep {

namespace {

std::optional<std::string> read_source(const std::filesystem::path& path) {
    std::string problem;
    return read_text_file(path.string(), problem);
}

}  // namespace

PortSource::PortSource(const Port& port, std::filesystem::path tree)
    : port_(port), tree_(std::move(tree)) {
    if (tree_.empty()) tree_ = ports_directory().parent_path() / "linux" / port.version;
    if (!port.bugs.empty() && !port.edited.empty()) read_with_bugs();
}

void PortSource::read_with_bugs() {
    const Flavour* flavour = flavour_by_config(port_.arch, port_.config);
    if (flavour == nullptr) return;
    SourceTexts files;
    for (const PortFile& file : port_.files)
        if (std::optional<std::string> text = read_source(tree_ / file.path))
            files[file.path] = std::move(*text);
    try {
        recreate(port_.bugs, *flavour, files);
    } catch (const PortError&) {
        return;  // a tree with the bugs in it already, or another one: then only what fits is shown
    }
    for (const std::string& path : port_.edited) edited_[path] = files[path];
}

std::string PortSource::text_of(const std::string& path) const {
    for (const PortFile& file : port_.files) {
        if (file.path != path) continue;
        const std::optional<std::string> text = read_source(tree_ / path);
        if (text && sha256_of_text(*text) == file.sha256) return *text;
        const auto edited = edited_.find(path);
        if (edited != edited_.end() && sha256_of_text(edited->second) == file.sha256)
            return edited->second;
    }
    // A built-in lock is part of this project.
    const bool ours = port_.files.empty() && path.starts_with("lock/");
    return ours ? read_source(LOCKSTEP_SOURCE_DIR "/" + path).value_or("") : "";
}

}  // namespace lockstep
