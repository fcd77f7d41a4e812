// See doctor_report.h.
#include "tools/doctor_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lock/linux/flavour.h"
#include "tools/ktap.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using DoctorJson = nlohmann::ordered_json;
using CellState = DoctorCell::State;

const char* word_of(const DoctorRow& row, CellState state) {
    switch (state) {
        case CellState::absent:
            return row.is_limit ? "as documented" : "absent";
        case CellState::present:
            return row.is_limit ? "differs" : "present";
        case CellState::not_applicable:
            return "not applicable";
        case CellState::undecided:
            return "undecided";
        case CellState::not_asked:
            break;
    }
    return "not asked";
}

// At most seven columns.
const char* short_word_of(const DoctorRow& row, CellState state) {
    switch (state) {
        case CellState::absent:
            return row.is_limit ? "as doc" : "absent";
        case CellState::present:
            return row.is_limit ? "DIFFERS" : "PRESENT";
        case CellState::not_applicable:
            return "-";
        case CellState::undecided:
            return "?";
        case CellState::not_asked:
            break;
    }
    return "";
}

// "x86_64 arm64" of all flavours whose cell is so.
std::string flavours_with(const DoctorReport& report, const DoctorRow& row, CellState state) {
    std::string names;
    for (std::size_t i = 0; i < row.cells.size(); ++i)
        if (row.cells[i].state == state)
            names += (names.empty() ? "" : " ") + report.flavours[i].name;
    return names;
}

const std::string& first_reason(const DoctorRow& row, CellState state) {
    static const std::string kNone;
    for (const DoctorCell& cell : row.cells)
        if (cell.state == state) return cell.reason;
    return kNone;
}

unsigned count(const DoctorReport& report, bool limits, CellState state) {
    return static_cast<unsigned>(std::count_if(
        report.rows.begin(), report.rows.end(), [limits, state](const DoctorRow& row) {
            return row.is_limit == limits && row.overall() == state;
        }));
}

std::string verdict(const DoctorReport& report) {
    std::string present;
    for (const DoctorRow& row : report.rows)
        if (!row.is_limit && row.overall() == CellState::present)
            present += (present.empty() ? "" : ", ") + row.name;
    std::string text = present.empty() ? "none of the known bugs was found" : "present: " + present;
    if (const unsigned open = count(report, false, CellState::undecided); open > 0)
        text += "; undecided: " + std::to_string(open);
    std::string not_built;
    for (const DoctorFlavour& flavour : report.flavours)
        if (!flavour.not_built.empty()) not_built += (not_built.empty() ? "" : ", ") + flavour.name;
    if (!not_built.empty()) text += "; not built: " + not_built;
    if (report.interrupted) text += "; interrupted, not everything was asked";
    return text;
}

void print_table(const DoctorReport& report, KtapWriter& ktap, const Output& output) {
    std::size_t width = 0;
    for (const DoctorRow& row : report.rows) width = std::max(width, row.name.size());
    std::string head(width, ' ');
    for (const DoctorFlavour& flavour : report.flavours)
        head += "  " + pad_right(flavour.name, std::max<std::size_t>(flavour.name.size(), 7));
    ktap.comment(head);
    for (const DoctorRow& row : report.rows) {
        std::string line = pad_right(row.name, width);
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
            const CellState state = row.cells[i].state;
            const std::string word =
                pad_right(short_word_of(row, state),
                          std::max<std::size_t>(report.flavours[i].name.size(), 7));
            const Colour colour = state == CellState::present  ? Colour::red
                                  : state == CellState::absent ? Colour::green
                                                               : Colour::dim;
            line += "  " + output.paint(colour, word);
        }
        while (!line.empty() && line.back() == ' ') line.pop_back();
        ktap.comment(line);
    }
}

void print_row(const DoctorReport& report, const DoctorRow& row, KtapWriter& ktap) {
    const CellState state = row.overall();
    const std::string name = row.name + (row.is_limit ? "" : " " + row.scenario);
    const std::string note =
        std::string(word_of(row, state)) + ": " +
        (state == CellState::not_applicable ? first_reason(row, state)
                                            : flavours_with(report, row, state));
    const bool fine = state == CellState::absent || (row.is_limit && state == CellState::present);
    ktap.result(
        fine ? TestResult::passed
             : (state == CellState::present || state == CellState::undecided ? TestResult::failed
                                                                             : TestResult::skipped),
        name, note);
    if (state != CellState::present && state != CellState::undecided) return;
    ktap.comment("  " + row.summary);
    ktap.comment("  seen: " + first_reason(row, state));
    if (row.is_limit) return;
    std::string fixes;
    for (const std::string& fix : row.fixes) fixes += " " + fix;
    if (!fixes.empty()) ktap.comment("  mended upstream by" + fixes);
}

// The commands that show the first bug in the first flavour that has it; empty if there is none.
std::string how_to_watch(const DoctorReport& report) {
    for (const DoctorRow& row : report.rows)
        for (std::size_t i = 0; i < row.cells.size() && !row.is_limit; ++i) {
            const Flavour* const flavour = flavour_by_name(report.flavours[i].name);
            if (row.cells[i].state != CellState::present || flavour == nullptr) continue;
            return "lockstep port add " + report.tree + " --arch " + flavour->arch + " --config " +
                   flavour->config + " && lockstep show " + row.scenario + " --port linux-" +
                   report.version + "/" + flavour->name;
        }
    return "";
}

void print_not_built(const DoctorFlavour& flavour, KtapWriter& ktap) {
    if (flavour.not_built.empty()) return;
    std::istringstream lines("not built: " + flavour.name + ": " + flavour.not_built);
    for (std::string line; std::getline(lines, line);) ktap.comment(line);
}

}  // namespace

CellState DoctorRow::overall() const {
    // A flavour that could not be asked might be the one that the bug is about.
    for (const CellState state :
         {CellState::present, CellState::undecided, CellState::absent, CellState::not_asked})
        if (std::any_of(cells.begin(), cells.end(),
                        [state](const DoctorCell& cell) { return cell.state == state; }))
            return state;
    return CellState::not_applicable;
}

void print_doctor(const DoctorReport& report, Output& output) {
    KtapWriter ktap(output);
    ktap.begin();
    ktap.comment("lockstep " LOCKSTEP_VERSION " doctor: Linux " + report.version + " in " +
                 report.tree);
    ktap.plan(report.rows.size());
    for (const DoctorFlavour& flavour : report.flavours) print_not_built(flavour, ktap);
    for (const DoctorRow& row : report.rows) print_row(report, row, ktap);
    ktap.comment("");
    print_table(report, ktap, output);
    ktap.comment("");
    ktap.comment(verdict(report));
    const std::string next = how_to_watch(report);
    if (!next.empty()) ktap.comment("to watch one: " + next);
}

void print_doctor_json(const DoctorReport& report, Output& output) {
    DoctorJson all = {{"format", "lockstep-doctor-1"},
                      {"tool", "lockstep " LOCKSTEP_VERSION},
                      {"tree", report.tree},
                      {"version", report.version},
                      {"interrupted", report.interrupted}};
    all["flavours"] = DoctorJson::array();
    for (const DoctorFlavour& flavour : report.flavours)
        all["flavours"].push_back({{"name", flavour.name},
                                   {"built", flavour.not_built.empty()},
                                   {"reason", flavour.not_built},
                                   {"features", flavour.features},
                                   {"undecided", flavour.undecided}});
    for (const char* kind : {"bugs", "limits"}) {
        all[kind] = DoctorJson::array();
        for (const DoctorRow& row : report.rows) {
            if (row.is_limit != (std::string(kind) == "limits")) continue;
            DoctorJson cells = DoctorJson::array();
            for (std::size_t i = 0; i < row.cells.size(); ++i)
                cells.push_back({{"flavour", report.flavours[i].name},
                                 {"state", word_of(row, row.cells[i].state)},
                                 {"reason", row.cells[i].reason}});
            all[kind].push_back({{"name", row.name},
                                 {"scenario", row.scenario},
                                 {"summary", row.summary},
                                 {"fixes", row.fixes},
                                 {"state", word_of(row, row.overall())},
                                 {"cells", cells}});
        }
    }
    all["verdict"] = verdict(report);
    output.line(all.dump(2, ' ', false, DoctorJson::error_handler_t::replace));
}

void print_doctor_markdown(const DoctorReport& report, Output& output) {
    output.line("# Known rqspinlock bugs in Linux " + report.version);
    output.line("");
    std::string text = verdict(report);
    text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    output.line(text + ".");
    for (const bool limits : {false, true}) {
        output.line("");
        output.line(limits ? "## Documented limits" : "## Bugs");
        output.line("");
        std::string head = "| | what |", rule = "|---|---|";
        for (const DoctorFlavour& flavour : report.flavours) {
            head += " " + flavour.name + " |";
            rule += "---|";
        }
        output.line(head);
        output.line(rule);
        for (const DoctorRow& row : report.rows) {
            if (row.is_limit != limits) continue;
            std::string line = "| " + row.name + " | " + row.summary + " |";
            for (const DoctorCell& cell : row.cells) {
                const std::string word = word_of(row, cell.state);
                line += cell.state == CellState::present          ? " **" + word + "** |"
                        : cell.state == CellState::not_applicable ? " – |"
                                                                  : " " + word + " |";
            }
            output.line(line);
        }
    }
    std::vector<std::string> notes;
    for (const DoctorRow& row : report.rows)
        for (const CellState state : {CellState::present, CellState::undecided})
            if (const std::string where = flavours_with(report, row, state); !where.empty())
                notes.push_back("- " + row.name + " " + word_of(row, state) + " (" + where +
                                "): " + first_reason(row, state));
    for (const DoctorFlavour& flavour : report.flavours)
        if (!flavour.not_built.empty())
            notes.push_back("- " + flavour.name +
                            " was not built: " + in_one_line(flavour.not_built, "; "));
    if (notes.empty()) return;
    output.line("");
    output.line("## Notes");
    output.line("");
    for (const std::string& note : notes) output.line(note);
}

int doctor_exit_code(const DoctorReport& report) {
    if (report.interrupted) return kExitTryAgain;
    if (count(report, false, CellState::present) > 0) return kExitNotAsExpected;
    const bool all_built =
        std::all_of(report.flavours.begin(), report.flavours.end(),
                    [](const DoctorFlavour& flavour) { return flavour.not_built.empty(); });
    const bool all_decided = count(report, false, CellState::undecided) == 0;
    return all_built && all_decided ? kExitAsExpected : kExitNotAsExpected;
}

}  // namespace lockstep
