// From a manifest and a shared object to a Port.
#include "lock/linux/loader.h"

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>

#include "lock/linux/builder.h"
#include "lock/linux/compiler.h"
#include "lock/linux/manifest.h"
#include "lock/linux/recreation.h"
#include "lock/linux/shared_object.h"

namespace lockstep {

namespace {

namespace fs = std::filesystem;

struct CachedPort {
    fs::path directory;
    KernelVersion version;
    Manifest manifest;
    Port port;  // name, alias and what the manifest says
};

// What the clock costs between two looks: one wrap of the 16-bit spin counter on x86, one tick of
// the event stream on arm64 or a hundred microseconds of polling without one.
constexpr TimeNs kSpinWrapNs = 65'536 * 42;
constexpr TimeNs kEventStreamNs = 100 * kNsPerUs;

std::string where_is(const Manifest& manifest, const std::string& point) {
    std::vector<std::string> found;
    for (const PointPlace& place : manifest.places) {
        const std::string where = place.file + ":" + std::to_string(place.line);
        if (place.point == point && std::find(found.begin(), found.end(), where) == found.end())
            found.push_back(where);
    }
    std::string all;
    for (const std::string& where : found) all += (all.empty() ? "" : ", ") + where;
    return all;
}

bool has_feature(const Manifest& manifest, const char* feature) {
    const auto& features = manifest.features;
    return std::find(features.begin(), features.end(), feature) != features.end();
}

LockBounds documented_bounds(const Manifest& manifest) {
    LockBounds bounds;
    if (manifest.lock_class != "rqspinlock") return bounds;  // waits for ever
    bounds.check_interval = manifest.arch == "arm64" ? kEventStreamNs : kSpinWrapNs;
    const bool at_once = has_feature(manifest, "aa-immediate");
    bounds.abba = kNsPerMs + bounds.check_interval;
    bounds.aa = at_once ? bounds.check_interval : bounds.abba;
    if (manifest.test_and_set) {
        bounds.test_and_set = kNsPerSec;
    } else {
        bounds.pending = 250 * kNsPerMs;
        bounds.head = 500 * kNsPerMs;
    }
    return bounds;
}

// A manifest may be of another version of this program: it may name a bug nobody knows any more.
std::string recreated_as(const std::string& bug) {
    for (const Recreation& each : recreations())
        if (each.bug == bug) return "; with " + bug + ": " + each.title;
    return "; with " + bug;
}

Port describe_port(const Manifest& manifest) {
    Port port;
    port.summary = manifest.summary;
    port.version = manifest.kernel_version;
    port.arch = manifest.arch;
    port.config = manifest.config;
    port.features = manifest.features;
    // A question mark: the source has neither the form with the fix nor the one before it.
    for (const std::string& feature : manifest.undecided) port.features.push_back(feature + "?");
    for (const std::string& point : manifest.points)
        port.points.push_back({point, where_is(manifest, point)});
    port.files = manifest.files;
    port.bugs = manifest.bugs;
    port.edited = manifest.edited;
    for (const std::string& bug : manifest.bugs) port.summary += recreated_as(bug);
    port.source_hash = manifest.source_hash;
    port.event_stream = manifest.event_stream;
    port.static_keys = manifest.static_keys;
    port.lock_class = manifest.lock_class;
    port.facts.resilient = manifest.lock_class == "rqspinlock";
    port.facts.queue_trylock_fallback = port.facts.resilient && !manifest.test_and_set;
    port.facts.fifo = manifest.fifo;
    port.facts.turns = has_feature(manifest, "u16-turns") ? Turns::in_u16 : Turns::on_stack;
    port.facts.total_store_order = manifest.arch == "x86_64" || manifest.arch == "s390";
    port.facts.bounds = documented_bounds(manifest);
    return port;
}

// Every readable port in the cache, or every one of that flavour: newest kernel first, flavours in
// their usual order.
std::vector<CachedPort> read_cache(const std::string& wanted = "") {
    std::vector<CachedPort> cached;
    std::error_code error;
    for (const auto& version : fs::directory_iterator(ports_directory(), error)) {
        std::error_code inner;
        for (const auto& entry : fs::directory_iterator(version.path(), inner)) {
            const std::string folder = entry.path().filename().string();
            if (folder.front() == '.' || (!wanted.empty() && folder != wanted)) continue;
            const auto manifest = read_manifest(entry.path());
            if (!manifest) continue;
            cached.push_back({entry.path(), parse_version(manifest->kernel_version), *manifest,
                              describe_port(*manifest)});
        }
    }
    const auto rank = [](const CachedPort& port) {
        std::size_t index = 0;
        for (const Flavour& flavour : flavours()) {
            if (flavour.name == port.manifest.flavour) break;
            ++index;
        }
        return index;
    };
    std::sort(cached.begin(), cached.end(), [&](const CachedPort& left, const CachedPort& right) {
        if (left.version != right.version) return left.version > right.version;
        if (rank(left) != rank(right)) return rank(left) < rank(right);
        return left.manifest.flavour < right.manifest.flavour;
    });
    // Sorted, so the first of a flavour is its newest, and the first of a major.minor as well.
    std::vector<std::string> taken;
    const auto take = [&](const std::string& name) {
        if (std::find(taken.begin(), taken.end(), name) != taken.end()) return false;
        taken.push_back(name);
        return true;
    };
    for (CachedPort& each : cached) {
        const std::string tail = "/" + each.manifest.flavour;
        const std::string full = "linux-" + each.version.text() + tail;
        const std::string series = "linux-" + each.version.major_minor() + tail;
        const bool newest = take("linux" + tail);
        const bool newest_of_series = take(series);
        each.port.name = newest ? "linux" + tail : full;
        if (newest_of_series && each.port.name != series) each.port.alias = series;
    }
    return cached;
}

WordLayout word_layout(const kport_word& word, const Manifest& manifest) {
    using Shape = WordLayout::Shape;
    WordLayout layout;
    layout.locked_mask = word.locked_mask;
    if (manifest.test_and_set) {
        layout.shape = Shape::test_and_set;
        return layout;
    }
    layout.shape = word.shape == KPORT_OWNED    ? Shape::owned
                   : word.shape == KPORT_TICKET ? Shape::ticket
                                                : Shape::queued;
    layout.slow_value = word.slow_value;
    layout.owner_mask = word.owner_mask;
    layout.owner_shift = static_cast<std::uint8_t>(word.owner_shift);
    layout.owner_bias = static_cast<std::uint8_t>(word.owner_bias);
    layout.pending_mask = word.pending_mask;
    layout.tail_mask = word.tail_mask;
    layout.tail_index_shift = static_cast<std::uint8_t>(word.tail_index_shift);
    layout.tail_cpu_shift = static_cast<std::uint8_t>(word.tail_cpu_shift);
    return layout;
}

void add_per_cpu(Port& port, const kport_descriptor& object) {
    const auto* const begin = static_cast<const char*>(object.percpu_begin);
    const auto* const end = static_cast<const char*>(object.percpu_end);
    if (begin != end) port.per_cpu.push_back({begin, static_cast<std::size_t>(end - begin)});
    const kport_held_table& table = object.held_table;
    if (table.symbol != nullptr) {
        port.objects.push_back(
            {table.symbol, table.size, PerCpuObject::Kind::held_table, "rqspinlock_held_locks"});
        port.facts.held_table = {table.count_offset, table.entries_offset, table.entry_size,
                                 table.entries};
    }
    const kport_nodes& nodes = object.nodes;
    if (nodes.symbol == nullptr) return;
    port.objects.push_back({nodes.symbol, nodes.size, PerCpuObject::Kind::queue_nodes,
                            port.facts.resilient ? "rqnodes" : "qnodes"});
    port.facts.nodes = {nodes.stride,        nodes.nodes,        nodes.next_offset,
                        nodes.locked_offset, nodes.count_offset, nodes.first_offset};
}

// Opened objects stay for as long as the program runs: sites and code may be referred to by
// traces and by a machine that is still configured with them.
const SharedObject* keep(std::unique_ptr<SharedObject> object) {
    static std::vector<std::unique_ptr<SharedObject>> objects;
    objects.push_back(std::move(object));
    return objects.back().get();
}

void boot(const Port& port) {
    static_cast<const SharedObject*>(port.handle)->descriptor().boot();
}

Port load(const CachedPort& cached) {
    auto object = std::make_unique<SharedObject>(cached.directory / kObjectFile);
    object->attach_points(cached.manifest.places);
    const kport_descriptor& found = object->descriptor();
    Port port = cached.port;
    port.lock_size = found.lock_size;
    port.lock_alignment = found.lock_alignment;
    port.operations.init = found.init;
    port.operations.acquire = found.acquire;
    port.operations.release = found.release;
    port.operations.acquire_irqsave = found.acquire_irqsave;
    port.operations.release_irqrestore = found.release_irqrestore;
    port.operations.trylock = found.trylock;
    if (found.boot != nullptr) port.prepare = boot;
    port.facts.word = word_layout(found.word, cached.manifest);
    if (port.facts.resilient && !cached.manifest.test_and_set) {
        port.facts.bounds.pending = found.timeout_ns;
        port.facts.bounds.head = 2 * found.timeout_ns;
    }
    add_per_cpu(port, found);
    for (const MemoryRange& range : object->static_data())
        port.static_data.push_back({range.begin, range.size});
    port.handle = keep(std::move(object));
    return port;
}

std::optional<CachedPort> find_in_cache(const std::string& name) {
    const std::size_t slash = name.find('/');
    if (!name.starts_with("linux") || slash == std::string::npos) return std::nullopt;
    for (const CachedPort& cached : read_cache(name.substr(slash + 1))) {
        const std::string full = "linux-" + cached.version.text() + "/" + cached.manifest.flavour;
        if (name == cached.port.name || name == cached.port.alias || name == full) return cached;
    }
    return std::nullopt;
}

}  // namespace

std::vector<Port> list_kernel_ports() {
    std::vector<Port> ports;
    for (const CachedPort& cached : read_cache()) ports.push_back(cached.port);
    return ports;
}

std::optional<Port> open_kernel_port(const std::string& name) {
    const std::optional<CachedPort> cached = find_in_cache(name);
    if (!cached) return std::nullopt;
    return load(*cached);
}

std::optional<Port> describe_kernel_port(const std::string& name) {
    const std::optional<CachedPort> cached = find_in_cache(name);
    if (!cached) return std::nullopt;
    return cached->port;
}

LoadedPort load_built_port(const BuiltPort& built) {
    const Port port = load({built.directory, parse_version(built.manifest.kernel_version),
                            built.manifest, describe_port(built.manifest)});
    return {port, static_cast<const SharedObject*>(port.handle)};
}

std::vector<const sim_site*> port_sites(const Port& port) {
    const auto* const object = static_cast<const SharedObject*>(port.handle);
    std::vector<const sim_site*> sites;
    if (object == nullptr) return sites;
    const kport_descriptor& found = object->descriptor();
    for (const sim_site* site = found.sites_begin; site != found.sites_end; ++site)
        sites.push_back(site);
    return sites;
}

std::string describe_pc(const Port& port, std::uintptr_t pc) {
    const auto* const object = static_cast<const SharedObject*>(port.handle);
    if (object == nullptr || pc == 0) return "";
    static std::map<std::pair<const SharedObject*, std::uintptr_t>, std::string> known;
    const auto key = std::make_pair(object, pc);
    if (const auto found = known.find(key); found != known.end()) return found->second;
    // The hook returns to behind the call; the call itself belongs to the access.
    std::ostringstream address;
    address << "0x" << std::hex << object->file_address(pc) - 1;
    const ProcessResult result =
        run_process({"addr2line", "-f", "-e", object->file().string(), address.str()}, "/");
    std::istringstream lines(result.output);
    std::string function, place;
    std::getline(lines, function);
    std::getline(lines, place);
    std::string text;
    if (result.status == 0 && place.find("??") == std::string::npos) {
        place = place.substr(0, place.find(' '));  // "(discriminator 2)"
        if (place.compare(0, 2, "./") == 0) place = place.substr(2);
        text = normal_path(place) + " " + function;
    }
    known[key] = text;
    return text;
}

}  // namespace lockstep
