// From a tree to a port: collect inputs, compile in a folder of our own, look at the result,
// publish it with one rename.
#include "lock/linux/builder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "lock/linux/client.h"
#include "lock/linux/compiler.h"
#include "lock/linux/inline_assembly.h"
#include "lock/linux/pattern.h"
#include "lock/linux/recreation.h"
#include "lock/linux/shared_object.h"
#include "lock/linux/tree_variant.h"
#include "lock/linux/work_directory.h"

namespace lockstep {

namespace {

namespace fs = std::filesystem;

const char* const kSources = "src";  // the kernel's files
const char* const kShim = "shim";    // the headers made for this port
// Another text whenever a manifest says more of the same sources than before.
const char* const kManifestSays = "u16-turns";

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
    std::vector<Text> kernel;  // by path in the tree, edits made
    std::vector<std::string> bugs, edited;
    std::vector<Text> generated;  // headers made for the port, by include path
    std::vector<std::string> flags;
    std::string shim_sha256;
    std::string digest;
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

// The file's path in this tree; empty if it has none.
std::string path_in(const fs::path& tree, const KernelFile& file) {
    std::error_code error;
    for (const std::string& path : {file.path, file.older_path})
        if (!path.empty() && fs::exists(tree / path, error)) return path;
    return "";
}

std::vector<Text> collect_kernel_files(const fs::path& tree, const Inputs& inputs) {
    std::vector<Text> texts;
    std::vector<KernelFile> files = kernel_files(inputs.flavour);
    if (inputs.client != nullptr)
        for (const std::string& path : inputs.client->kernel_files) files.push_back({path});
    for (const KernelFile& file : files) {
        const std::string path = path_in(tree, file);
        if (!path.empty()) {
            texts.push_back({path, read_text(tree / path)});
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
    for (const std::string& file :
         {unit_file(inputs.flavour), std::string("hooks.c"), std::string("descriptor.h"),
          std::string("unit_parts.h"), std::string("plain_unit.h")})
        hashes[file] = sha256_of_file(directory / file);
    for (const Text& header : inputs.generated) hashes[header.path] = sha256_of_text(header.text);
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
          (inputs.shim_directory / "client" / "include").string(), inputs.shim_directory.string(),
          std::string(kSources), std::string(kSources) + arch.include,
          std::string(kSources) + "/include"})
        flags.push_back("-I" + folder);
    // No path of this machine may get into a trace: names are as in the tree.
    flags.push_back("-ffile-prefix-map=" + std::string(kSources) + "/=");
    flags.push_back("-ffile-prefix-map=" + inputs.shim_directory.string() + "/=lock/linux/");
    return flags;
}

SourceTexts by_path(const std::vector<Text>& texts) {
    SourceTexts files;
    for (const Text& text : texts) files[text.path] = text.text;
    return files;
}

// A port that cannot show the bug would tell nothing.
void check_concerned(const std::vector<std::string>& bugs, const Flavour& flavour) {
    for (const std::string& bug : bugs) {
        if (concerns(recreation_named(bug), flavour)) continue;
        std::string fitting;
        for (const Flavour& each : flavours())
            if (concerns(recreation_named(bug), each))
                fitting += (fitting.empty() ? "" : ", ") + std::string("--arch ") + each.arch +
                           " --config " + each.config;
        throw PortError{bug + " cannot show with --arch " + flavour.arch + " --config " +
                            flavour.config + ": the code it is in does not run there",
                        "it can with " + fitting};
    }
}

void put_bugs_back(Inputs& inputs, const std::vector<std::string>& bugs) {
    inputs.bugs = bugs;
    if (bugs.empty()) return;
    check_concerned(bugs, inputs.flavour);
    SourceTexts files = by_path(inputs.kernel);
    inputs.edited = recreate(bugs, inputs.flavour, files);
    for (Text& file : inputs.kernel) file.text = files.at(file.path);
}

Inputs collect_inputs(const BuildOptions& options, const Flavour& flavour) {
    Inputs inputs;
    inputs.flavour = flavour;
    inputs.client = client_by_name(options.client);
    inputs.version = read_tree_version(options.tree);
    inputs.kernel = collect_kernel_files(options.tree, inputs);
    put_bugs_back(inputs, bugs_of(options.bugs));
    if (!resilient(flavour))
        for (const Text& file : inputs.kernel) check_inline_assembly(flavour, file.path, file.text);
    inputs.compiler = find_compiler(options.compiler);
    inputs.shim_directory = find_shim_directory();
    const TreeVariant variant = variant_of(flavour, by_path(inputs.kernel), options.tree);
    std::vector<ShimHeader> headers = shim_headers(flavour);
    headers.insert(headers.end(), variant.headers.begin(), variant.headers.end());
    for (const ShimHeader& header : headers) inputs.generated.push_back({header.path, header.text});
    if (inputs.client != nullptr)
        for (const std::string& path : inputs.client->headers)
            inputs.generated.push_back({path, "#include <" + inputs.client->header + ">\n"});
    const fs::path kernel_h = inputs.shim_directory / ".." / ".." / "sim" / "kernel.h";
    inputs.generated.push_back({"sim/kernel.h", read_text(kernel_h)});
    inputs.shim_sha256 = hash_of_shim(inputs);
    inputs.flags = compile_flags(inputs);
    for (const std::string& define : variant.defines) inputs.flags.push_back("-D" + define);
    std::ostringstream all;
    all << flavour.name << "\n" << inputs.version.text() << "\n" << inputs.compiler.version << "\n";
    for (const std::string& flag : inputs.flags) all << flag << "\n";
    for (const std::string& flag : instrumentation_flags(inputs.compiler)) all << flag << "\n";
    for (const Text& file : inputs.kernel)
        all << file.path << " " << sha256_of_text(file.text) << "\n";
    all << inputs.shim_sha256 << "\n"
        << flavour.arch << flavour.config << flavour.event_stream << options.client;
    for (const std::string& point : expected_points(flavour)) all << "\n" << point;
    all << "\n" << kManifestSays;
    inputs.digest = sha256_of_text(all.str());
    return inputs;
}

void run_step(const std::vector<std::string>& command, const fs::path& directory,
              const Inputs& inputs) {
    const ProcessResult result = run_process(command, directory);
    if (result.status == 0) return;
    const bool full = result.output.find("No space left on device") != std::string::npos;
    throw PortError{"Linux " + inputs.version.text() + " does not build as " + inputs.flavour.name +
                        " with " + inputs.compiler.command + ":\n" +
                        first_errors(result.output, 12),
                    full ? "is there room in the cache folder? XDG_CACHE_HOME moves it"
                         : "the shim headers may lack a name that this kernel uses"};
}

struct Unit {
    std::string source;  // in the folder of shim headers
    bool instrumented;
};

std::vector<Unit> units_of(const Inputs& inputs) {
    std::vector<Unit> units = {{unit_file(inputs.flavour), true}, {"hooks.c", false}};
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
    const auto unit = [&](const std::string& source, const char* object,
                          const std::vector<std::string>& more) {
        std::vector<std::string> command = compiler_launcher();
        command.push_back(inputs.compiler.command);
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
    manifest.bugs = inputs.bugs;
    manifest.edited = inputs.edited;
    manifest.lock_class = lock_class(flavour);
    manifest.fifo = flavour.fifo && !flavour.test_and_set;
    if (resilient(flavour)) {
        const Features features = read_features(lock_source(by_path(inputs.kernel)), flavour);
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
    if (options.name.empty()) {
        for (const std::string& bug : bugs_of(options.bugs)) chosen.name += "+" + bug;
        return chosen;
    }
    static const boost::regex kName = kernel_regex("[a-z0-9][a-z0-9_-]*");
    if (!boost::regex_match(options.name, kName))
        throw PortError{"`" + options.name + "` cannot be the name of a port",
                        "use small letters, digits, `-` and `_`"};
    chosen.name = options.name;
    return chosen;
}

}  // namespace

namespace {

// From the same inputs, and with what this program reads off them today.
bool is_up_to_date(const Manifest& there, const Inputs& inputs) {
    if (there.inputs != inputs.digest) return false;
    const Features features = read_features(lock_source(by_path(inputs.kernel)), inputs.flavour);
    return there.features == features.present && there.undecided == features.undecided;
}

}  // namespace

BuiltPort build_kernel_port(const BuildOptions& options) {
    const Inputs inputs = collect_inputs(options, chosen_flavour(options));
    const std::string folder =
        inputs.flavour.name + (options.client.empty() ? "" : "-" + options.client);
    const fs::path cache = options.client.empty() ? ports_directory() : clients_directory();
    const fs::path place =
        options.into.empty() ? cache / inputs.version.text() / folder : options.into / folder;
    if (const auto there = read_manifest(place); there && is_up_to_date(*there, inputs))
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

std::vector<BuiltPort> build_all_kernel_ports(const fs::path& tree, const std::string& compiler,
                                              const std::vector<std::string>& bugs) {
    const std::vector<std::string> wanted = bugs_of(bugs);
    std::vector<BuiltPort> built;
    for (const Flavour& flavour : flavours()) {
        const bool concerned =
            std::all_of(wanted.begin(), wanted.end(), [&flavour](const std::string& bug) {
                return concerns(recreation_named(bug), flavour);
            });
        if (!resilient(flavour) || !concerned) continue;
        BuildOptions options = options_of(flavour, tree, compiler);
        options.bugs = wanted;
        built.push_back(build_kernel_port(options));
    }
    if (built.empty())
        throw PortError{"no flavour has the code of all these bugs", "add a port for each"};
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

std::vector<std::string> write_edited_tree(const fs::path& tree,
                                           const std::vector<std::string>& bugs,
                                           const fs::path& to) {
    read_tree_version(tree);
    std::error_code error;
    if (fs::exists(to, error))
        throw PortError{"`" + to.string() + "` is there already", "name a folder that is not"};
    SourceTexts files = {{"Makefile", read_text(tree / "Makefile")}};
    for (const Flavour& flavour : flavours()) {
        Inputs inputs;
        inputs.flavour = flavour;
        try {
            for (const Text& file : collect_kernel_files(tree, inputs))
                files[file.path] = file.text;
        } catch (const PortError&) {
            if (resilient(flavour)) throw;  // a tree without the files of plain locks will do
        }
    }
    const std::vector<std::string> edited = recreate(bugs_of(bugs), flavours().front(), files);
    for (const auto& [path, text] : files) write_text(to / path, text);
    return edited;
}

}  // namespace lockstep
