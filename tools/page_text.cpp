// Filling in the marks of the page.
#include <filesystem>

#include "scenarios/runner.h"
#include "tools/commands.h"
#include "tools/report_page.h"
#include "tools/xml_text.h"

namespace lockstep {

namespace {

using DataJson = nlohmann::ordered_json;

// Each occurrence of a mark is the page's own; what is put in is not looked at again.
std::string fill_in(const std::string& page, const std::string& mark, const std::string& text) {
    const std::size_t at = page.find(mark);
    if (at == std::string::npos) throw EngineBug("the page has no " + mark);
    return page.substr(0, at) + text + page.substr(at + mark.size());
}

// No text of a run may end the script element it stands in.
std::string in_script(const DataJson& json) {
    const std::string dumped = json.dump(-1, ' ', false, DataJson::error_handler_t::replace);
    std::string safe;
    safe.reserve(dumped.size());
    for (const char letter : dumped) {
        if (letter == '<')
            safe += "\\u003c";
        else
            safe += letter;
    }
    return safe;
}

}  // namespace

std::string page_text(const std::string& title, const DataJson& data, const std::string& start) {
    std::string page = fill_in(kPageHtml, "@TITLE@", xml_text(title));
    page = fill_in(page, "@STYLE@", kPageStyle);
    page = fill_in(page, "@SCRIPT@", kPageScript + start);
    return fill_in(page, "@RUN@", in_script(data));
}

void check_page_paths(const std::string& out, const std::string& tree) {
    std::error_code error;
    if (!tree.empty() && !std::filesystem::is_directory(tree, error))
        throw UsageError("--tree: no folder `" + tree + "`");
    if (std::filesystem::is_directory(out, error))
        throw UsageError("--out: `" + out + "` is a folder; give a file, such as page.html");
}

void write_page(const std::string& out, const std::string& text) {
    const std::string problem = write_file_safely(out, text);
    if (!problem.empty()) throw TryAgain(problem);
}

}  // namespace lockstep
