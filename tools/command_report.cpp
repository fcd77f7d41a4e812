// lockstep report: an execution as a page to step through, or two beside each other, in one file
// that needs nothing else.
#include <nlohmann/json.hpp>

#include "tools/commands.h"
#include "tools/report_page.h"
#include "tools/report_run.h"
#include "tools/shown_run.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using PageJson = nlohmann::ordered_json;

// The token of a run is one execution on one port: on another port it is tried as it is.
ChosenRun second_of(const ReportArguments& arguments) {
    ChosenRun second = arguments.run;
    if (!arguments.against.empty()) second.what = arguments.against;
    if (!arguments.against_port.empty()) second.port = arguments.against_port;
    const bool recorded = is_token(second.what) || second.what.ends_with(".repro");
    if (recorded) second.seed.reset();
    return second;
}

std::string title_of(const PageJson& run) {
    return run["scenario"].get<std::string>() + " on " + run["port"].get<std::string>();
}

// A source that both have is stored once: the second run names the first one's by its number.
void share_sources(const PageJson& before, PageJson& after) {
    for (PageJson& text : after["sources"]) {
        if (text.get_ref<const std::string&>().empty()) continue;
        for (std::size_t i = 0; i < before["sources"].size(); ++i)
            if (before["sources"][i] == text) {
                text = i;
                break;
            }
    }
}

struct ReportPage {
    PageJson data;
    std::string title;
    std::uint64_t steps = 0;
    std::size_t rows = 0, moments = 0;
    void add(const PageJson& run) {
        title += (title.empty() ? "" : " and ") + title_of(run);
        steps += run["steps"].get<std::uint64_t>();
        rows += run["rows"].size();
        moments += run["moments"].size();
    }
};

// Says why on the console if the code is set.
std::optional<int> add_run(const ChosenRun& chosen, const ReportOptions& options, PageJson& json) {
    const ShownRun shown(chosen);
    if (const std::optional<int> code = shown.refused()) return code;
    json = report_run_json(shown, options);
    return std::nullopt;
}

std::optional<int> make_page(const ReportArguments& arguments, ReportPage& page) {
    ReportOptions options;
    options.tree = arguments.tree;
    options.inflection = !arguments.no_inflection;
    if (const auto code = add_run(arguments.run, options, page.data)) return code;
    page.add(page.data);
    if (arguments.against.empty() && arguments.against_port.empty()) return std::nullopt;
    PageJson after;
    if (const auto code = add_run(second_of(arguments), options, after)) return code;
    page.add(after);
    if (after["token"] == page.data["token"] && after["port"] == page.data["port"])
        throw UsageError("--against: both are the same run on port " +
                         after["port"].get<std::string>() +
                         "; name another port with --against-port, or another run");
    share_sources(page.data, after);
    page.data = {{"format", "lockstep-report-pair-1"},
                 {"before", std::move(page.data)},
                 {"after", std::move(after)}};
    return std::nullopt;
}

std::string default_file(const ReportPage& page) {
    const PageJson& run = page.data.contains("before") ? page.data["before"] : page.data;
    return run["scenario"].get<std::string>() + ".html";
}

}  // namespace

int command_report(const ReportArguments& arguments, Output& output) {
    check_page_paths(arguments.out, arguments.tree);
    ReportPage page;
    if (const std::optional<int> code = make_page(arguments, page)) return *code;
    const std::string out = arguments.out.empty() ? default_file(page) : arguments.out;
    const std::string text = page_text(page.title, page.data, kStartRun);
    write_page(out, text);
    if (arguments.json) {
        output.line(PageJson{{"format", "lockstep-report-written-1"},
                             {"file", out},
                             {"bytes", text.size()},
                             {"steps", page.steps},
                             {"rows", page.rows},
                             {"moments", page.moments}}
                        .dump(2, ' ', false, PageJson::error_handler_t::replace));
        return kExitAsExpected;
    }
    const bool two = page.data.contains("before");
    output.line(out + ": " + (two ? "two runs, " : "") + counted(page.steps, "step") + ", " +
                std::to_string(text.size() / 1000) + " kB; open it in a browser");
    return kExitAsExpected;
}

}  // namespace lockstep
