// lockstep report: one execution as a page to step through, in one file that needs nothing else.
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/report_page.h"
#include "tools/report_run.h"
#include "tools/shown_run.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using PageJson = nlohmann::ordered_json;

// Each occurrence of a mark is the page's own; what is put in is not looked at again.
std::string fill_in(const std::string& page, const std::string& mark, const std::string& text) {
    const std::size_t at = page.find(mark);
    if (at == std::string::npos) throw EngineBug("the report page has no " + mark);
    return page.substr(0, at) + text + page.substr(at + mark.size());
}

std::string in_html(const std::string& text) {
    std::string safe;
    for (const char letter : text) {
        if (letter == '<')
            safe += "&lt;";
        else if (letter == '&')
            safe += "&amp;";
        else
            safe += letter;
    }
    return safe;
}

// No text of a run may end the script element it stands in.
std::string in_script(const PageJson& json) {
    const std::string dumped = json.dump(-1, ' ', false, PageJson::error_handler_t::replace);
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

std::string page_of(const PageJson& run) {
    const std::string title =
        run["scenario"].get<std::string>() + " on " + run["port"].get<std::string>();
    std::string page = fill_in(kReportHtml, "@TITLE@", in_html(title));
    page = fill_in(page, "@STYLE@", kReportStyle);
    page = fill_in(page, "@SCRIPT@", kReportScript);
    return fill_in(page, "@RUN@", in_script(run));
}

}  // namespace

int command_report(const ReportArguments& arguments, Output& output) {
    ReportOptions options;
    options.tree = arguments.tree;
    options.inflection = !arguments.no_inflection;
    std::error_code error;
    if (!arguments.tree.empty() && !std::filesystem::is_directory(arguments.tree, error))
        throw UsageError("--tree: no folder `" + arguments.tree + "`");
    const ShownRun shown(arguments.run);
    if (const std::optional<int> code = shown.refused()) return *code;
    const PageJson run = report_run_json(shown, options);
    const std::string out =
        arguments.out.empty() ? shown.subject.scenario.name + ".html" : arguments.out;
    if (std::filesystem::is_directory(out, error))
        throw UsageError("--out: `" + out + "` is a folder; give a file, such as report.html");
    const std::string page = page_of(run);
    const std::string problem = write_file_safely(out, page);
    if (!problem.empty()) throw TryAgain(problem);
    if (arguments.json) {
        output.line(PageJson{{"format", "lockstep-report-written-1"},
                             {"file", out},
                             {"bytes", page.size()},
                             {"steps", run["steps"]},
                             {"rows", run["rows"].size()},
                             {"moments", run["moments"].size()}}
                        .dump(2, ' ', false, PageJson::error_handler_t::replace));
        return kExitAsExpected;
    }
    output.line(out + ": " + counted(run["steps"].get<std::uint64_t>(), "step") + ", " +
                std::to_string(page.size() / 1000) + " kB; open it in a browser");
    return kExitAsExpected;
}

}  // namespace lockstep
