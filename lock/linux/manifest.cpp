// Reading and writing manifest.json.
#include "lock/linux/manifest.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 2;

Json places_to_json(const std::vector<PointPlace>& places) {
    Json list = Json::array();
    for (const PointPlace& place : places)
        list.push_back({{"point", place.point},
                        {"side", place.before ? "before" : "after"},
                        {"file", place.file},
                        {"line", place.line},
                        {"function", place.function},
                        {"expression", place.expression}});
    return list;
}

std::vector<PointPlace> places_from_json(const Json& list) {
    std::vector<PointPlace> places;
    for (const Json& entry : list)
        places.push_back({entry.at("point"), entry.at("side") == "before", entry.at("file"),
                          entry.at("line"), entry.at("function"), entry.at("expression")});
    return places;
}

}  // namespace

void write_manifest(const Manifest& manifest, const std::filesystem::path& directory) {
    Json files = Json::array();
    for (const PortFile& file : manifest.files)
        files.push_back({{"path", file.path}, {"sha256", file.sha256}});
    const Json json = {{"format", kFormat},
                       {"flavour", manifest.flavour},
                       {"kernel_version", manifest.kernel_version},
                       {"arch", manifest.arch},
                       {"config", manifest.config},
                       {"summary", manifest.summary},
                       {"compiler", manifest.compiler},
                       {"features", manifest.features},
                       {"undecided", manifest.undecided},
                       {"points", manifest.points},
                       {"places", places_to_json(manifest.places)},
                       {"files", files},
                       {"bugs", manifest.bugs},
                       {"edited", manifest.edited},
                       {"static_keys", manifest.static_keys},
                       {"lock_class", manifest.lock_class},
                       {"fifo", manifest.fifo},
                       {"test_and_set", manifest.test_and_set},
                       {"event_stream", manifest.event_stream},
                       {"shim_sha256", manifest.shim_sha256},
                       {"source_hash", manifest.source_hash},
                       {"inputs", manifest.inputs}};
    write_text(directory / kManifestFile, json.dump(2) + "\n");
}

std::optional<Manifest> read_manifest(const std::filesystem::path& directory) {
    std::error_code error;
    if (!std::filesystem::exists(directory / kManifestFile, error) ||
        !std::filesystem::exists(directory / kObjectFile, error))
        return std::nullopt;
    try {
        const Json json = Json::parse(read_text(directory / kManifestFile));
        if (json.at("format") != kFormat) return std::nullopt;
        Manifest manifest;
        manifest.flavour = json.at("flavour");
        manifest.kernel_version = json.at("kernel_version");
        manifest.arch = json.at("arch");
        manifest.config = json.at("config");
        manifest.summary = json.at("summary");
        manifest.compiler = json.at("compiler");
        manifest.features = json.at("features");
        manifest.undecided = json.at("undecided");
        manifest.points = json.at("points");
        manifest.places = places_from_json(json.at("places"));
        for (const Json& file : json.at("files"))
            manifest.files.push_back({file.at("path"), file.at("sha256")});
        manifest.bugs = json.value("bugs", std::vector<std::string>{});
        manifest.edited = json.value("edited", std::vector<std::string>{});
        manifest.static_keys = json.at("static_keys");
        manifest.lock_class = json.at("lock_class");
        manifest.fifo = json.at("fifo");
        manifest.test_and_set = json.at("test_and_set");
        manifest.event_stream = json.at("event_stream");
        manifest.shim_sha256 = json.at("shim_sha256");
        manifest.source_hash = json.at("source_hash");
        manifest.inputs = json.at("inputs");
        return manifest;
    } catch (const Json::exception&) {
        return std::nullopt;
    } catch (const PortError&) {
        return std::nullopt;
    }
}

std::filesystem::path ports_directory() {
    const char* const cache = std::getenv("XDG_CACHE_HOME");
    if (cache != nullptr && *cache == '/')
        return std::filesystem::path(cache) / "lockstep" / "ports";
    const char* const home = std::getenv("HOME");
    return std::filesystem::path(home != nullptr && *home != '\0' ? home : "/tmp") / ".cache" /
           "lockstep" / "ports";
}

std::filesystem::path clients_directory() {
    return ports_directory().parent_path() / "clients";
}

}  // namespace lockstep
