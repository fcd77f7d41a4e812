// Lesson text: a chapter's Markdown as lines for a terminal: paragraphs filled, commands with a
// `$`, marks turned into colour where there is colour and left out where there is none.
#pragma once

#include <string>
#include <vector>

#include "tools/lesson.h"
#include "tools/output.h"

namespace lockstep {

// `width` columns for words, `code_width` for what is quoted; longer quotations are cut.
std::vector<std::string> lesson_lines(const Lesson& lesson, const Output& output, std::size_t width,
                                      std::size_t code_width);

}  // namespace lockstep
