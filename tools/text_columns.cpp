// Plain text in columns.
#include "tools/text_columns.h"

namespace lockstep {

std::string pad_left(const std::string& text, std::size_t width) {
    return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::string pad_right(const std::string& text, std::size_t width) {
    return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

std::string trim_right(std::string text) {
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

std::string cut(const std::string& text, std::size_t width) {
    if (text.size() <= width) return text;
    return width <= 3 ? text.substr(0, width) : text.substr(0, width - 3) + "...";
}

std::vector<std::string> wrap(const std::string& text, std::size_t width) {
    std::vector<std::string> lines;
    if (width < 8) width = 8;
    std::string rest = text;
    while (rest.size() > width) {
        std::size_t space = rest.rfind(' ', width);
        bool found = space != std::string::npos && space > width / 3;
        lines.push_back(trim_right(rest.substr(0, found ? space : width)));
        rest = rest.substr(found ? space + 1 : width);
        if (lines.size() == 1 && width > 10) width -= 2;  // later lines hang by two
    }
    lines.push_back(rest);
    return lines;
}

std::string in_one_line(std::string text, const std::string& between) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += between.size())
        text.replace(at, 1, between);
    return text;
}

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

std::string counted(std::uint64_t number, const std::string& word) {
    return std::to_string(number) + " " + word + (number == 1 ? "" : "s");
}

}  // namespace lockstep
