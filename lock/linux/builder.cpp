// From a tree to a port: collect inputs, compile in a folder of our own, look at the result,
// publish it with one rename.
#include "lock/linux/builder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>
#include <sstream>

#include "lock/linux/client.h"
#include "lock/linux/compiler.h"
#include "lock/linux/shared_object.h"

namespace lockstep {

namespace {

namespace fs = std::filesystem;

const char* const kSources = "src";  // the kernel's files
const char* const kShim = "shim";    // the headers made for this port

struct Text {
    std::string path;
    std::string text;
};

// Everything that decides what the port will be.
struct Inputs {
    Flavour flavour;
    const Client* client = nullptr;  // or nullptr
    KernelVersion version;
    Compiler compiler;
    fs::path shim_directory;
    std::vector<Text> kernel;     // by path in the tree
    std::vector<Text> generated;  // headers made for the port, by include path
    std::vector<std::string> flags;
    std::string shim_sha256;
    std::string digest;
};

// A folder that is gone when we are done with it, whatever happens.
class WorkDirectory {
  public:
    explicit WorkDirectory(fs::path path) : path_(std::move(path)) {
        std::error_code error;
        fs::remove_all(path_, error);
        fs::create_directories(path_, error);
        if (error)
            throw PortError{"cannot make the folder `" + path_.string() + "`: " + error.message(),
                            "is the cache folder writable? XDG_CACHE_HOME moves it"};
    }
    ~WorkDirectory() {
        std::error_code error;
        fs::remove_all(path_, error);
    }
    WorkDirectory(const WorkDirectory&) = delete;
    WorkDirectory& operator=(const WorkDirectory&) = delete;
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

fs::path find_shim_directory() {
    const char* const given = std::getenv("LOCKSTEP_SHIM_DIR");
    const fs::path directory = given != nullptr && *given != '\0'
                                   ? fs::path(given)
                                   : fs::path(LOCKSTEP_SOURCE_DIR) / "lock" / "linux";
    std::error_code error;
    if (!fs::exists(directory / "include" / "kshim.h", error))
        throw PortError{"the shim headers are not in `" + directory.string() + "`",
                        "set LOCKSTEP_SHIM_DIR to the folder lock/linux of Lockstep's source"};
    return directory;
}

std::vector<Text> collect_kernel_files(const fs::path& tree, const Inputs& inputs) {
    std::vector<Text> texts;
    std::vector<KernelFile> files = kernel_files(inputs.flavour);
    if (inputs.client != nullptr)
        for (const std::string& path : inputs.client->kernel_files) files.push_back({path});
    for (const KernelFile& file : files) {
        std::error_code error;
        if (fs::exists(tree / file.path, error)) {
            texts.push_back({file.path, read_text(tree / file.path)});
        } else if (file.required) {
            throw PortError{"`" + tree.string() + "` has no file `" + file.path + "`",
                            "tools/linux-source unpacks all files that are needed"};
        }
    }
    return texts;
}

// All files of ours that a port is built from; their names and texts are one hash.
std::string hash_of_shim(const Inputs& inputs) {
    const fs::path& directory = inputs.shim_directory;
    std::map<std::string, std::string> hashes;
    std::vector<fs::path> folders = {directory / "include"};
    if (inputs.client != nullptr) folders.push_back(directory / "client");
    for (const fs::path& folder : folders)
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file())
                hashes[fs::relative(entry.path(), directory).string()] =
                    sha256_of_file(entry.path());
    for (const char* file : {"unit.c", "hooks.c", "descriptor.h"})
        hashes[file] = sha256_of_file(directory / file);
    for (const Text& header : inputs.generated) hashes[header.path] = sha256_of_text(header.text);
    std::string all;
    for (const auto& [path, hash] : hashes) all += path + " " + hash + "\n";
    return sha256_of_text(all);
}

std::vector<std::string> compile_flags(const Inputs& inputs) {
    std::vector<std::string> flags = common_flags(inputs.compiler);
    const bool x86 = inputs.flavour.arch == "x86_64";
    flags.push_back(x86 ? "-DKSHIM_X86_64=1" : "-DKSHIM_ARM64=1");
    for (const std::string& define : inputs.flavour.defines) flags.push_back("-D" + define);
    // Ours first, so that a header we provide is never looked for in the tree.
    for (const std::string& folder :
         {std::string(kShim), (inputs.shim_directory / "include").string(),
          (inputs.shim_directory / "client" / "include").string(), inputs.shim_directory.string(),
          std::string(kSources),
          std::string(kSources) + (x86 ? "/arch/x86/include" : "/arch/arm64/include"),
          std::string(kSources) + "/include"})
        flags.push_back("-I" + folder);
    // No path of this machine may get into a trace: names are as in the tree.
    flags.push_back("-ffile-prefix-map=" + std::string(kSources) + "/=");
    flags.push_back("-ffile-prefix-map=" + inputs.shim_directory.string() + "/=lock/linux/");
    return flags;
}

Inputs collect_inputs(const BuildOptions& options, const Flavour& flavour) {
    Inputs inputs;
    inputs.flavour = flavour;
    inputs.client = client_by_name(options.client);
    inputs.version = read_tree_version(options.tree);
    inputs.kernel = collect_kernel_files(options.tree, inputs);
    inputs.compiler = find_compiler(options.compiler);
    inputs.shim_directory = find_shim_directory();
    for (const ShimHeader& header : shim_headers(flavour))
        inputs.generated.push_back({header.path, header.text});
    if (inputs.client != nullptr)
        for (const std::string& path : inputs.client->headers)
            inputs.generated.push_back({path, "#include <" + inputs.client->header + ">\n"});
    const fs::path kernel_h = inputs.shim_directory / ".." / ".." / "sim" / "kernel.h";
    inputs.generated.push_back({"sim/kernel.h", read_text(kernel_h)});
    inputs.shim_sha256 = hash_of_shim(inputs);
    inputs.flags = compile_flags(inputs);
    std::ostringstream all;
    all << flavour.name << "\n" << inputs.version.text() << "\n" << inputs.compiler.version << "\n";
    for (const std::string& flag : inputs.flags) all << flag << "\n";
    for (const std::string& flag : instrumentation_flags(inputs.compiler)) all << flag << "\n";
    for (const Text& file : inputs.kernel)
        all << file.path << " " << sha256_of_text(file.text) << "\n";
    all << inputs.shim_sha256 << "\n"
        << flavour.arch << flavour.config << flavour.event_stream << options.client;
    inputs.digest = sha256_of_text(all.str());
    return inputs;
}

void run_step(const std::vector<std::string>& command, const fs::path& directory,
              const Inputs& inputs) {
    const ProcessResult result = run_process(command, directory);
    if (result.status == 0) return;
    throw PortError{"Linux " + inputs.version.text() + " does not build as " + inputs.flavour.name +
                        " with " + inputs.compiler.command + ":\n" + first_lines(result.output, 12),
                    "the shim headers may lack a name that this kernel uses"};
}

struct Unit {
    std::string source;  // in the folder of shim headers
    bool instrumented;
};

std::vector<Unit> units_of(const Inputs& inputs) {
    std::vector<Unit> units = {{"unit.c", true}, {"hooks.c", false}};
    if (inputs.client == nullptr) return units;
    units.push_back({"client/" + inputs.client->name + ".c", true});
    for (const std::string& more : inputs.client->units) units.push_back({"client/" + more, true});
    units.push_back({"client/kernel.c", false});
    return units;
}

void compile(const Inputs& inputs, const fs::path& directory) {
    for (const Text& file : inputs.kernel) write_text(directory / kSources / file.path, file.text);
    for (const Text& file : inputs.generated) write_text(directory / kShim / file.path, file.text);
    const std::string comp_dir = "-ffile-prefix-map=" + directory.string() + "=.";
    const auto unit = [&](const char* source, const char* object,
                          const std::vector<std::string>& more) {
        std::vector<std::string> command = {inputs.compiler.command};
        command.insert(command.end(), inputs.flags.begin(), inputs.flags.end());
        command.insert(command.end(), more.begin(), more.end());
        for (const std::string& argument :
             {comp_dir, std::string("-c"), (inputs.shim_directory / source).string(),
              std::string("-o"), std::string(object)})
            command.push_back(argument);
        run_step(command, directory, inputs);
    };
    std::vector<std::string> link = {inputs.compiler.command,
                                     "-shared",
                                     "-nostdlib",
                                     "-Wl,-z,relro",
                                     "-Wl,-z,now",
                                     "-o",
                                     kObjectFile};
    const auto add = [&](const std::string& source, bool instrumented) {
        const std::string stem = fs::path(source).stem().string();
        std::vector<std::string> more;
        if (instrumented) {
            more = instrumentation_flags(inputs.compiler);
            for (const std::string& flag : {std::string("-MD"), std::string("-MF"), stem + ".d"})
                more.push_back(flag);
        }
        unit(source.c_str(), (stem + ".o").c_str(), more);
        link.push_back(stem + ".o");
    };
    for (const Unit& each : units_of(inputs)) add(each.source, each.instrumented);
    run_step(link, directory, inputs);
}

// The kernel files the compiler really opened.
std::vector<PortFile> used_files(const Inputs& inputs, const fs::path& directory) {
    const std::string prefix = std::string(kSources) + "/";
    std::vector<PortFile> files;
    std::string dependencies;
    for (const Unit& unit : units_of(inputs))
        if (unit.instrumented)
            dependencies +=
                read_text(directory / (fs::path(unit.source).stem().string() + ".d")) + "\n";
    std::istringstream words(dependencies);
    for (std::string word; words >> word;) {
        if (word.compare(0, prefix.size(), prefix) != 0) continue;
        const std::string path = normal_path(word.substr(prefix.size()));
        const bool known = std::any_of(files.begin(), files.end(),
                                       [&](const PortFile& file) { return file.path == path; });
        if (!known) files.push_back({path, sha256_of_file(directory / kSources / path)});
    }
    std::sort(files.begin(), files.end(),
              [](const PortFile& left, const PortFile& right) { return left.path < right.path; });
    return files;
}

const std::string& text_of(const Inputs& inputs, const std::string& path) {
    for (const Text& file : inputs.kernel)
        if (file.path == path) return file.text;
    throw PortError{"the tree has no `" + path + "`", ""};
}

Manifest describe(const Inputs& inputs, const fs::path& directory) {
    const Flavour& flavour = inputs.flavour;
    Manifest manifest;
    manifest.flavour = flavour.name;
    manifest.kernel_version = inputs.version.text();
    manifest.arch = flavour.arch;
    manifest.config = flavour.config;
    manifest.summary = flavour.summary;
    manifest.compiler = inputs.compiler.version;
    manifest.static_keys = flavour.static_keys;
    manifest.test_and_set = flavour.test_and_set;
    manifest.event_stream = flavour.event_stream;
    manifest.shim_sha256 = inputs.shim_sha256;
    manifest.inputs = inputs.digest;
    manifest.files = used_files(inputs, directory);
    const Features features =
        read_features({SourceText(text_of(inputs, "kernel/bpf/rqspinlock.c")),
                       SourceText(text_of(inputs, "include/asm-generic/rqspinlock.h"))},
                      flavour);
    manifest.features = features.present;
    manifest.undecided = features.undecided;
    std::map<std::string, SourceText> sources;
    for (const Text& file : inputs.kernel) sources.emplace(file.path, SourceText(file.text));
    const SharedObject object(directory / kObjectFile);
    const std::vector<const sim_site*> sites(object.sites().begin(), object.sites().end());
    manifest.places = resolve_points(flavour, sites, sources);
    manifest.points = expected_points(flavour);
    std::string identity = flavour.name + "\n" + manifest.shim_sha256 + "\n";
    for (const PortFile& file : manifest.files) identity += file.path + " " + file.sha256 + "\n";
    manifest.source_hash = sha256_of_text(identity).substr(0, 16);
    return manifest;
}

// The new port takes the old one's place in one step where the file system can exchange names.
void publish(const fs::path& fresh, const fs::path& place) {
    std::error_code error;
    fs::rename(fresh, place, error);
    if (!error) return;
    if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0) return;
    const fs::path old = fresh.string() + ".old";
    fs::rename(place, old, error);
    if (!error) fs::rename(fresh, place, error);
    if (error)
        throw PortError{"cannot put the port into `" + place.string() + "`: " + error.message(),
                        ""};
    fs::remove_all(old, error);
}

Flavour chosen_flavour(const BuildOptions& options) {
    const Flavour* const flavour = flavour_by_config(options.arch, options.config);
    if (flavour == nullptr) {
        std::string known;
        for (const Flavour& each : flavours())
            known += (known.empty() ? "" : ", ") + each.arch + "/" + each.config;
        throw PortError{"there is no kernel port with arch `" + options.arch + "` and config `" +
                            options.config + "`",
                        "arch/config can be " + known};
    }
    Flavour chosen = *flavour;
    if (options.name.empty()) return chosen;
    static const std::regex kName("[a-z0-9][a-z0-9_-]*");
    if (!std::regex_match(options.name, kName))
        throw PortError{"`" + options.name + "` cannot be the name of a port",
                        "use small letters, digits, `-` and `_`"};
    chosen.name = options.name;
    return chosen;
}

}  // namespace

BuiltPort build_kernel_port(const BuildOptions& options) {
    const Inputs inputs = collect_inputs(options, chosen_flavour(options));
    const std::string folder =
        inputs.flavour.name + (options.client.empty() ? "" : "-" + options.client);
    const fs::path place = (options.client.empty() ? ports_directory() : clients_directory()) /
                           inputs.version.text() / folder;
    if (const auto there = read_manifest(place); there && there->inputs == inputs.digest)
        return {place, *there, true};
    const WorkDirectory work(place.parent_path() / ("." + folder + "." + std::to_string(getpid())));
    compile(inputs, work.path());
    BuiltPort built{place, describe(inputs, work.path()), false};
    for (const Unit& unit : units_of(inputs))
        for (const char* suffix : {".o", ".d"})
            fs::remove(work.path() / (fs::path(unit.source).stem().string() + suffix));
    fs::remove_all(work.path() / kShim);
    write_manifest(built.manifest, work.path());
    publish(work.path(), place);
    return built;
}

std::vector<BuiltPort> build_all_kernel_ports(const fs::path& tree, const std::string& compiler) {
    std::vector<BuiltPort> built;
    for (const Flavour& flavour : flavours()) {
        BuildOptions options;
        options.tree = tree;
        options.arch = flavour.arch;
        options.config = flavour.config;
        options.compiler = compiler;
        built.push_back(build_kernel_port(options));
    }
    return built;
}

}  // namespace lockstep
