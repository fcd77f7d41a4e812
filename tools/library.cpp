// Finding and reading scenario files. All problems of all files are collected, none is run then.
#include "tools/library.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "tools/commands.h"
#include "tools/suggest.h"

namespace lockstep {

namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kFileBytesMax = 1 << 20;

// What a person may type for a file of the library: its name, or folder/name.
std::vector<std::string> names_of(const std::string& root, const std::string& file) {
    fs::path relative = fs::path(file).lexically_relative(root);
    std::string whole = relative.replace_extension().string();
    return {whole, fs::path(file).stem().string()};
}

// The file or folder meant by `target`; empty if there is none.
std::string locate(const std::string& target) {
    std::error_code error;
    if (fs::exists(target, error)) return target;
    std::string root = library_root();
    if (root.empty()) return "";
    std::string name = target;
    if (name.starts_with("scenarios/")) name.erase(0, 10);
    if (name == "scenarios") return root;
    if (!name.empty() && fs::exists(fs::path(root) / name, error))
        return (fs::path(root) / name).string();
    for (const std::string& file : scenario_files(root))
        for (const std::string& known : names_of(root, file))
            if (known == name) return file;
    return "";
}

std::vector<std::string> known_names() {
    std::string root = library_root();
    std::vector<std::string> known;
    if (root.empty()) return known;
    for (const std::string& file : scenario_files(root)) {
        for (const std::string& name : names_of(root, file)) known.push_back(name);
        known.push_back(fs::path(file).parent_path().filename().string());
        known.push_back(
            fs::path(file).parent_path().lexically_relative(fs::path(root).parent_path()).string());
    }
    return known;
}

std::string unknown_target(const std::string& target) {
    return "no scenario, file or folder `" + target + "`" + did_you_mean(target, known_names()) +
           " (`lockstep list scenarios` shows all)";
}

void read_into(ScenarioGroup& group, const std::string& path, Library& library) {
    std::string problem;
    std::optional<std::string> text = read_text_file(path, problem);
    if (!text) {
        library.problems.push_back(problem);
        return;
    }
    ReadResult result = read_scenario(path, *text);
    for (const Problem& found : result.problems)
        library.problems.push_back(problem_text(path, found));
    if (result.scenario) group.scenarios.push_back(std::move(*result.scenario));
}

ScenarioGroup& group_of(Library& library, const std::string& file) {
    std::string name = fs::absolute(file).lexically_normal().parent_path().filename().string();
    for (ScenarioGroup& group : library.groups)
        if (group.name == name) return group;
    library.groups.push_back({name, {}});
    return library.groups.back();
}

}  // namespace

std::size_t Library::count() const {
    std::size_t all = 0;
    for (const ScenarioGroup& group : groups) all += group.scenarios.size();
    return all;
}

std::string library_root() {
    const char* given = std::getenv("LOCKSTEP_SCENARIOS");
    std::string root =
        given != nullptr && *given != '\0' ? given : LOCKSTEP_SOURCE_DIR "/scenarios";
    std::error_code error;
    return fs::is_directory(root, error) ? root : "";
}

std::vector<std::string> scenario_files(const std::string& folder) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error))
        if (at->path().extension() == ".yaml" && at->is_regular_file(error))
            files.push_back(at->path().string());
    std::sort(files.begin(), files.end());
    return files;
}

Library load_library(const std::vector<std::string>& targets) {
    Library library;
    std::vector<std::string> all = targets;
    if (all.empty()) all.push_back("scenarios");
    for (const std::string& target : all) {
        std::string path = locate(target);
        std::error_code error;
        if (path.empty()) {
            library.problems.push_back(unknown_target(target));
        } else if (fs::is_directory(path, error)) {
            std::vector<std::string> files = scenario_files(path);
            if (files.empty())
                library.problems.push_back("no scenario (*.yaml) in folder `" + path + "`");
            for (const std::string& file : files) read_into(group_of(library, file), file, library);
        } else {
            read_into(group_of(library, path), path, library);
        }
    }
    return library;
}

Library load_one(const std::string& target) {
    Library library;
    std::string path = locate(target);
    std::error_code error;
    if (path.empty())
        library.problems.push_back(unknown_target(target));
    else if (fs::is_directory(path, error))
        library.problems.push_back("`" + target + "` is a folder; expected one scenario");
    else
        read_into(group_of(library, path), path, library);
    return library;
}

std::optional<std::string> read_text_file(const std::string& path, std::string& problem) {
    std::error_code error;
    std::uintmax_t size = fs::file_size(path, error);
    bool regular = fs::is_regular_file(path, error);
    if (regular && size > kFileBytesMax) {
        problem = path + ": larger than 1 MiB; that is no scenario and no repro file";
        return std::nullopt;
    }
    std::ifstream file(path, std::ios::binary);
    if (!file || !regular) {
        problem = path + ": " + (regular ? std::strerror(errno) : "not a file");
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string problem_text(const std::string& path, const Problem& problem) {
    std::string text = path + ":" + std::to_string(problem.line) + ":" +
                       std::to_string(problem.column) + ": " + problem.message;
    return problem.suggestion.empty() ? text : text + "; " + problem.suggestion;
}

void refuse_if_problems(const Library& library) {
    std::string all;
    for (const std::string& problem : library.problems) all += (all.empty() ? "" : "\n") + problem;
    if (!all.empty()) throw UsageError(all);
}

}  // namespace lockstep
