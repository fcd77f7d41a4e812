// lockstep port: kernel ports built from a Linux tree, in the user's cache.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lock/linux/builder.h"
#include "lock/linux/flavour.h"
#include "lock/linux/loader.h"
#include "lock/linux/on_demand.h"
#include "lock/linux/recreation.h"
#include "lock/port.h"
#include "tools/commands.h"
#include "tools/json_text.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

// The port whose files are in this folder. Its name depends on which other kernels are there.
std::string name_of(const BuiltPort& built) {
    std::string version = built.manifest.kernel_version;
    for (const Port& port : list_kernel_ports()) {
        std::size_t slash = port.name.rfind('/');
        bool flavour = port.name.substr(slash + 1) == built.manifest.flavour;
        if (flavour && port.version == version) return port.name;
    }
    return "linux-" + version + "/" + built.manifest.flavour;
}

void check_flavour(const PortAddArguments& arguments) {
    if (flavour_by_config(arguments.arch, arguments.config) != nullptr) return;
    std::vector<std::string> known, archs, configs;
    for (const Flavour& flavour : flavours()) {
        known.push_back("--arch " + flavour.arch + " --config " + flavour.config);
        archs.push_back(flavour.arch);
        configs.push_back(flavour.config);
    }
    std::string near = nearest(arguments.arch, archs) == arguments.arch
                           ? did_you_mean(arguments.config, configs)
                           : did_you_mean(arguments.arch, archs);
    throw UsageError("no flavour --arch " + arguments.arch + " --config " + arguments.config +
                     near + "\nexpected one of: " + joined(known));
}

// "12 unmodified kernel files", or how many of them were edited.
std::string describe_files(std::size_t files, std::size_t edited) {
    if (edited == 0) return counted(files, "unmodified kernel file");
    return counted(files, "kernel file") + ", " + std::to_string(edited) + " of them edited";
}

void print_bugs(const std::vector<std::string>& bugs, const std::vector<std::string>& edited,
                Output& output) {
    for (const std::string& bug : bugs) {
        const Recreation& known = recreation_named(bug);
        output.line("  put back " + bug + ": " + known.title + " (" + known.edit + ")");
    }
    if (!edited.empty()) output.line("  edited: " + joined(edited));
}

void print_added(const BuiltPort& built, Output& output) {
    std::string state = built.reused ? "is there already" : "built";
    output.line(name_of(built) + " " + state + ": Linux " + built.manifest.kernel_version + ", " +
                built.manifest.arch + ", " + built.manifest.config + ", " +
                describe_files(built.manifest.files.size(), built.manifest.edited.size()));
    print_bugs(built.manifest.bugs, built.manifest.edited, output);
    std::vector<std::string> missing;
    for (const std::string& point : built.manifest.points) {
        bool found = false;
        for (const PointPlace& place : built.manifest.places) found = found || place.point == point;
        if (!found) missing.push_back(point);
    }
    if (!missing.empty()) output.line("  lock points that did not resolve: " + joined(missing));
}

void print_port(const Port& port, Output& output) {
    std::string alias = port.alias.empty() ? "" : " (" + port.alias + ")";
    output.line(output.paint(Colour::bold, port.name) + alias + "  " + port.summary);
    std::string where = port.arch + ", " + port.config;
    output.line("    " + port.version + ", " + where +
                (port.event_stream ? "" : ", no event stream"));
    if (!port.features.empty())
        for (const std::string& line :
             wrap("features: " + joined(port.features, " "), output.width() - 6))
            output.line("    " + line);
    std::size_t resolved = 0;
    for (const PortPoint& point : port.points) resolved += point.where.empty() ? 0 : 1;
    if (!port.points.empty())
        output.line("    " + std::to_string(resolved) + " of " +
                    counted(port.points.size(), "lock point") + " resolved");
    for (const PortPoint& point : port.points)
        if (point.where.empty()) output.line("    not resolved: " + point.name);
    if (!port.files.empty())
        output.line("    " + describe_files(port.files.size(), port.edited.size()) +
                    "; their sha256 with --json");
    if (!port.bugs.empty()) output.line("    upstream bugs in it: " + joined(port.bugs, ", "));
    if (!port.caught_by.empty()) output.line("    broken on purpose, caught by " + port.caught_by);
}

}  // namespace

int command_port_add(const PortAddArguments& arguments, Output& output) {
    if (!arguments.all && !arguments.standard) check_flavour(arguments);
    std::vector<BuiltPort> built;
    std::vector<PortError> refused;
    if (arguments.all || arguments.standard) {
        built = build_all_kernel_ports(arguments.tree, arguments.compiler, arguments.bugs);
        if (arguments.bugs.empty())
            for (BuiltPort& port : build_plain_kernel_ports(arguments.tree, arguments.compiler,
                                                            !arguments.all, refused))
                built.push_back(std::move(port));
    } else {
        BuildOptions options;
        options.tree = arguments.tree;
        options.arch = arguments.arch;
        options.config = arguments.config;
        options.name = arguments.name;
        options.compiler = arguments.compiler;
        options.bugs = arguments.bugs;
        built.push_back(build_kernel_port(options));
    }
    Json all = Json::array();
    for (const BuiltPort& port : built) {
        if (!arguments.json) print_added(port, output);
        all.push_back({{"name", name_of(port)},
                       {"directory", port.directory.string()},
                       {"bugs", port.manifest.bugs},
                       {"edited", port.manifest.edited},
                       {"reused", port.reused}});
    }
    for (const PortError& error : refused) output.line("not built: " + error.message);
    if (arguments.json) output.line(all.dump(2, ' ', false, Json::error_handler_t::replace));
    return refused.empty() || !arguments.all ? kExitAsExpected : kExitNotAsExpected;
}

int command_port_edit(const PortEditArguments& arguments, Output& output) {
    const std::vector<std::string> bugs = bugs_of(arguments.bugs);
    const std::vector<std::string> edited = write_edited_tree(arguments.tree, bugs, arguments.out);
    if (arguments.json) {
        const Json json = {{"directory", arguments.out}, {"bugs", bugs}, {"edited", edited}};
        output.line(json.dump(2, ' ', false, Json::error_handler_t::replace));
        return kExitAsExpected;
    }
    output.line(arguments.out + ": the lock's files of " + arguments.tree);
    print_bugs(bugs, edited, output);
    return kExitAsExpected;
}

int command_port_bugs(bool json, Output& output) {
    Json all = Json::array();
    for (const Recreation& each : recreations()) {
        std::vector<std::string> fitting, files;
        for (const Flavour& flavour : flavours())
            if (concerns(each, flavour)) fitting.push_back(flavour.name);
        for (const SourceEdit& edit : each.edits) files.push_back(edit.paths.front());
        files.erase(std::unique(files.begin(), files.end()), files.end());
        all.push_back({{"bug", each.bug},
                       {"title", each.title},
                       {"edit", each.edit},
                       {"files", files},
                       {"fixes", each.fixes},
                       {"feature", each.feature},
                       {"flavours", fitting}});
        if (json) continue;
        output.line(output.paint(Colour::bold, pad_right(each.bug, 4)) + " " + each.title);
        output.line("     put back: " + each.edit + " (" + joined(files, ", ") + ")");
        output.line("     fixed " +
                    (each.fixes.empty() ? std::string("within another change")
                                        : "by " + joined(each.fixes, ", ")) +
                    "; a tree with the fix has `" + each.feature + "`; shows on " +
                    joined(fitting, ", "));
    }
    if (json)
        output.line(all.dump(2, ' ', false, Json::error_handler_t::replace));
    else
        output.line("\n`lockstep port add TREE --with R11` builds a port that has one of them.");
    return kExitAsExpected;
}

int command_port_list(bool json, Output& output) {
    Json all = Json::array();
    std::string standard = default_port_name();
    for (const Port& port : list_ports()) {
        Json one = port_json(port);
        one["default"] = port.name == standard;
        all.push_back(one);
        if (!json) print_port(port, output);
    }
    if (json)
        output.line(all.dump(2, ' ', false, Json::error_handler_t::replace));
    else if (const std::vector<std::string> more = ports_on_demand(); !more.empty())
        for (const std::string& line :
             wrap("Built when first asked for: " + joined(more, ", "), output.width()))
            output.line(line);
    if (!json) output.line("\n`run` uses " + standard + " unless --port says otherwise.");
    return kExitAsExpected;
}

int command_port_remove(const std::string& name, Output& output) {
    std::vector<std::string> known;
    for (const Port& port : list_kernel_ports()) {
        known.push_back(port.name);
        if (!port.alias.empty()) known.push_back(port.alias);
        std::string flavour = port.name.substr(port.name.rfind('/') + 1);
        bool meant = port.name == name || port.alias == name ||
                     "linux-" + port.version + "/" + flavour == name;
        if (!meant) continue;
        fs::path folder = ports_directory() / port.version / flavour;
        std::error_code error;
        fs::remove_all(folder, error);
        if (error) throw TryAgain("cannot remove " + folder.string() + ": " + error.message());
        fs::remove(folder.parent_path(), error);  // only goes when it was the last flavour
        output.line("removed " + port.name + " (Linux " + port.version + ")");
        return kExitAsExpected;
    }
    throw UsageError("no kernel port `" + name + "`" + did_you_mean(name, known) +
                     "; built-in ports cannot be removed");
}

}  // namespace lockstep
