// Report page: the files of tools/report, put into the program when it is built, and one page made
// of them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace lockstep {

extern const std::string kPageHtml;    // with marks for the rest
extern const std::string kPageStyle;   // page.css
extern const std::string kPageScript;  // the scripts, in the order they need each other
extern const std::string kStartRun;    // starts the page of one run, or of two
extern const std::string kStartGame;   // starts the page of a game

// One self-contained HTML file that shows `data`, started by one of the scripts above.
std::string page_text(const std::string& title, const nlohmann::ordered_json& data,
                      const std::string& start);

// Throws UsageError if `out` is a folder, or if a tree is named and is none.
void check_page_paths(const std::string& out, const std::string& tree);
// Throws TryAgain if the file cannot be written.
void write_page(const std::string& out, const std::string& text);

}  // namespace lockstep
