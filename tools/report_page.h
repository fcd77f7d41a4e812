// Report page: the files of tools/report, put into the program when it is built.
#pragma once

#include <string>

namespace lockstep {

extern const std::string kReportHtml;    // with marks for the rest
extern const std::string kReportStyle;   // page.css
extern const std::string kReportScript;  // the scripts, in the order they need each other

}  // namespace lockstep
