// lockstep port: builds kernel ports from a tree, and lists what is there.
#include <nlohmann/json.hpp>

#include "lock/linux/builder.h"
#include "lock/linux/flavour.h"
#include "tools/command.h"

namespace lockstep {

namespace {

using nlohmann::json;

struct PortArguments {
    BuildOptions build;
    std::string tree;
    bool all = false;
    bool as_json = false;
};

json port_json(const Port& port) {
    json points = json::object();
    bool resolved = true;
    for (const PortPoint& point : port.points) {
        points[point.name] = point.where;
        resolved = resolved && !point.where.empty();
    }
    json files = json::object();
    for (const PortFile& file : port.files) files[file.path] = file.sha256;
    return {{"name", port.name},
            {"alias", port.alias},
            {"class", port.lock_class},
            {"summary", port.summary},
            {"version", port.version},
            {"arch", port.arch},
            {"config", port.config},
            {"features", port.features},
            {"points", points},
            {"points_resolved", resolved},
            {"files", files},
            {"source_hash", port.source_hash},
            {"caught_by", port.caught_by}};
}

int add(const PortArguments& arguments, Output& output) {
    std::vector<BuiltPort> built;
    if (arguments.all)
        built = build_all_kernel_ports(arguments.tree, arguments.build.compiler);
    else {
        BuildOptions options = arguments.build;
        options.tree = arguments.tree;
        built.push_back(build_kernel_port(options));
    }
    json j = json::array();
    for (const BuiltPort& port : built) {
        const Manifest& manifest = port.manifest;
        std::size_t resolved = manifest.points.size();
        for (const std::string& point : manifest.points) {
            bool found = false;
            for (const PointPlace& place : manifest.places) found |= place.point == point;
            if (!found) --resolved;
        }
        if (arguments.as_json) {
            j.push_back({{"flavour", manifest.flavour},
                         {"version", manifest.kernel_version},
                         {"reused", port.reused},
                         {"points", manifest.points.size()},
                         {"points_resolved", resolved}});
            continue;
        }
        output.line("linux/" + manifest.flavour + ": Linux " + manifest.kernel_version + ", " +
                    std::to_string(manifest.files.size()) + " unmodified kernel files, " +
                    std::to_string(resolved) + " of " + std::to_string(manifest.points.size()) +
                    " lock points resolved" + (port.reused ? " (was there)" : ""));
    }
    if (arguments.as_json) output.line(json({{"ports", j}}).dump(2));
    return kExitAsExpected;
}

int list(bool as_json, Output& output) {
    const std::vector<Port> ports = list_ports();
    if (as_json) {
        json j = json::array();
        for (const Port& port : ports) j.push_back(port_json(port));
        output.line(json({{"default", default_port_name()}, {"ports", j}}).dump(2));
        return kExitAsExpected;
    }
    for (const Port& port : ports) {
        output.line(output.paint(Colour::bold, port.name) + "  " + port.summary);
        if (!port.caught_by.empty())
            output.line("    broken on purpose; caught by " + port.caught_by);
        if (port.files.empty()) continue;
        output.line("    " + port_line(port));
        for (const PortPoint& point : port.points)
            if (point.where.empty()) output.line("    not resolved: " + point.name);
        for (const PortFile& file : port.files)
            output.line("    " + file.sha256.substr(0, 16) + "  " + file.path);
    }
    output.line("default: " + default_port_name());
    return kExitAsExpected;
}

}  // namespace

std::string port_line(const Port& port) {
    std::string line = "port " + port.name + ": ";
    line += port.files.empty() ? port.version : "Linux " + port.version;
    line += ", " + port.arch + ", " + port.config;
    if (port.features.empty()) return line;
    line += " [";
    for (const std::string& feature : port.features)
        line += (line.back() == '[' ? "" : " ") + feature;
    return line + "]";
}

Port port_or_default(const std::string& name) {
    return open_port(name.empty() ? default_port_name() : name);
}

void add_port_command(CLI::App& app, CommandBody& body) {
    const auto arguments = std::make_shared<PortArguments>();
    CLI::App* const command = app.add_subcommand("port", "build and list locks under test");
    command->require_subcommand(1);
    CLI::App* const adder =
        command->add_subcommand("add", "compile the lock of a Linux tree, unmodified");
    adder->add_option("tree", arguments->tree, "a Linux source tree, 6.15 or later")->required();
    adder->add_flag("--all", arguments->all, "every flavour");
    adder->add_option("--arch", arguments->build.arch, "x86_64, arm64 or generic");
    adder->add_option("--config", arguments->build.config,
                      "queued, tas, paravirt, noevtstrm or nopending");
    adder->add_option("--name", arguments->build.name, "name of the port after linux/");
    adder->add_option("--cc", arguments->build.compiler, "compiler; gcc if left out");
    adder->add_flag("--json", arguments->as_json, "as JSON");
    adder->footer(
        "Example:\n  lockstep port add ~/linux --all\n  lockstep port add ~/linux --arch "
        "arm64 --config queued --name mine");
    adder->callback([arguments, &body] {
        body = [arguments](Output& output) { return add(*arguments, output); };
    });
    CLI::App* const lister =
        command->add_subcommand("list", "all ports: version, features, points, hashes of sources");
    lister->add_flag("--json", arguments->as_json, "as JSON");
    lister->callback([arguments, &body] {
        body = [arguments](Output& output) { return list(arguments->as_json, output); };
    });
}

}  // namespace lockstep
