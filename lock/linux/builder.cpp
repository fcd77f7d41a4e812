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

#include "lock/linux/compiler.h"
#include "lock/linux/inline_assembly.h"
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

std::vector<Text> collect_kernel_files(const fs::path& tree, const Flavour& flavour) {
    std::vector<Text> texts;
    for (const KernelFile& file : kernel_files(flavour)) {
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
std::string hash_of_shim(const fs::path& directory, const std::string& unit,
                         const std::vector<Text>& generated) {
    std::map<std::string, std::string> hashes;
    for (const auto& entry : fs::recursive_directory_iterator(directory / "include"))
        if (entry.is_regular_file())
            hashes[fs::relative(entry.path(), directory).string()] = sha256_of_file(entry.path());
    for (const std::string& file : {unit, std::string("hooks.c"), std::string("descriptor.h"),
                                    std::string("unit_parts.h"), std::string("plain_unit.h")})
        hashes[file] = sha256_of_file(directory / file);
    for (const Text& header : generated) hashes[header.path] = sha256_of_text(header.text);
    std::string all;
    for (const auto& [path, hash] : hashes) all += path + " " + hash + "\n";
    return sha256_of_text(all);
}

struct Architecture {
    const char* macro;
    const char* include;  // below the tree
};

Architecture architecture_of(const std::string& arch) {
    if (arch == "x86_64") return {"KSHIM_X86_64", "/arch/x86/include"};
    if (arch == "arm64") return {"KSHIM_ARM64", "/arch/arm64/include"};
    if (arch == "powerpc") return {"KSHIM_POWERPC", "/arch/powerpc/include"};
    if (arch == "s390") return {"KSHIM_S390", "/arch/s390/include"};
    return {"KSHIM_GENERIC", "/include"};
}

std::vector<std::string> compile_flags(const Inputs& inputs) {
    std::vector<std::string> flags = common_flags(inputs.compiler);
    const Architecture arch = architecture_of(inputs.flavour.arch);
    flags.push_back(std::string("-D") + arch.macro + "=1");
    for (const std::string& define : inputs.flavour.defines) flags.push_back("-D" + define);
    // Ours first, so that a header we provide is never looked for in the tree.
    for (const std::string& folder :
         {std::string(kShim), (inputs.shim_directory / "include").string(),
          inputs.shim_directory.string(), std::string(kSources),
          std::string(kSources) + arch.include, std::string(kSources) + "/include"})
        flags.push_back("-I" + folder);
    // No path of this machine may get into a trace: names are as in the tree.
    flags.push_back("-ffile-prefix-map=" + std::string(kSources) + "/=");
    flags.push_back("-ffile-prefix-map=" + inputs.shim_directory.string() + "/=lock/linux/");
    return flags;
}

Inputs collect_inputs(const BuildOptions& options, const Flavour& flavour) {
    Inputs inputs;
    inputs.flavour = flavour;
    inputs.version = read_tree_version(options.tree);
    inputs.kernel = collect_kernel_files(options.tree, flavour);
    if (!resilient(flavour))
        for (const Text& file : inputs.kernel) check_inline_assembly(flavour, file.path, file.text);
    inputs.compiler = find_compiler(options.compiler);
    inputs.shim_directory = find_shim_directory();
    for (const ShimHeader& header : shim_headers(flavour))
        inputs.generated.push_back({header.path, header.text});
    const fs::path kernel_h = inputs.shim_directory / ".." / ".." / "sim" / "kernel.h";
    inputs.generated.push_back({"sim/kernel.h", read_text(kernel_h)});
    inputs.shim_sha256 = hash_of_shim(inputs.shim_directory, unit_file(flavour), inputs.generated);
    inputs.flags = compile_flags(inputs);
    std::ostringstream all;
    all << flavour.name << "\n" << inputs.version.text() << "\n" << inputs.compiler.version << "\n";
    for (const std::string& flag : inputs.flags) all << flag << "\n";
    for (const std::string& flag : instrumentation_flags(inputs.compiler)) all << flag << "\n";
    for (const Text& file : inputs.kernel)
        all << file.path << " " << sha256_of_text(file.text) << "\n";
    all << inputs.shim_sha256 << "\n" << flavour.arch << flavour.config << flavour.event_stream;
    for (const std::string& point : expected_points(flavour)) all << "\n" << point;
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

void compile(const Inputs& inputs, const fs::path& directory) {
    for (const Text& file : inputs.kernel) write_text(directory / kSources / file.path, file.text);
    for (const Text& file : inputs.generated) write_text(directory / kShim / file.path, file.text);
    const std::string comp_dir = "-ffile-prefix-map=" + directory.string() + "=.";
    const auto unit = [&](const std::string& source, const char* object,
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
    std::vector<std::string> instrumented = instrumentation_flags(inputs.compiler);
    for (const char* flag : {"-MD", "-MF", "unit.d"}) instrumented.push_back(flag);
    unit(unit_file(inputs.flavour), "unit.o", instrumented);
    unit("hooks.c", "hooks.o", {});
    run_step({inputs.compiler.command, "-shared", "-nostdlib", "-Wl,-z,relro", "-Wl,-z,now", "-o",
              kObjectFile, "unit.o", "hooks.o"},
             directory, inputs);
}

// The kernel files the compiler really opened.
std::vector<PortFile> used_files(const fs::path& directory) {
    const std::string dependencies = read_text(directory / "unit.d");
    const std::string prefix = std::string(kSources) + "/";
    std::vector<PortFile> files;
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
    manifest.files = used_files(directory);
    manifest.lock_class = lock_class(flavour);
    manifest.fifo = flavour.fifo && !flavour.test_and_set;
    if (resilient(flavour)) {
        const Features features =
            read_features({SourceText(text_of(inputs, "kernel/bpf/rqspinlock.c")),
                           SourceText(text_of(inputs, "include/asm-generic/rqspinlock.h"))},
                          flavour);
        manifest.features = features.present;
        manifest.undecided = features.undecided;
    } else {
        manifest.features = plain_features(flavour);
    }
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
    const fs::path place = ports_directory() / inputs.version.text() / inputs.flavour.name;
    if (const auto there = read_manifest(place); there && there->inputs == inputs.digest)
        return {place, *there, true};
    const WorkDirectory work(place.parent_path() /
                             ("." + inputs.flavour.name + "." + std::to_string(getpid())));
    compile(inputs, work.path());
    BuiltPort built{place, describe(inputs, work.path()), false};
    for (const char* file : {"unit.o", "hooks.o", "unit.d"}) fs::remove(work.path() / file);
    fs::remove_all(work.path() / kShim);
    write_manifest(built.manifest, work.path());
    publish(work.path(), place);
    return built;
}

namespace {

BuildOptions options_of(const Flavour& flavour, const fs::path& tree, const std::string& compiler) {
    BuildOptions options;
    options.tree = tree;
    options.arch = flavour.arch;
    options.config = flavour.config;
    options.compiler = compiler;
    return options;
}

}  // namespace

std::vector<BuiltPort> build_all_kernel_ports(const fs::path& tree, const std::string& compiler) {
    std::vector<BuiltPort> built;
    for (const Flavour& flavour : flavours())
        if (resilient(flavour))
            built.push_back(build_kernel_port(options_of(flavour, tree, compiler)));
    return built;
}

std::vector<BuiltPort> build_plain_kernel_ports(const fs::path& tree, const std::string& compiler,
                                                bool only_there, std::vector<PortError>& refused) {
    const fs::path cache = ports_directory() / read_tree_version(tree).text();
    std::vector<BuiltPort> built;
    for (const Flavour& flavour : flavours()) {
        std::error_code none;
        if (resilient(flavour) || (only_there && !fs::exists(cache / flavour.name, none))) continue;
        try {
            built.push_back(build_kernel_port(options_of(flavour, tree, compiler)));
        } catch (const PortError& error) {
            refused.push_back(error);
        }
    }
    return built;
}

}  // namespace lockstep
