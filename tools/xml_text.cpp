// See xml_text.h.
#include "tools/xml_text.h"

namespace lockstep {

std::string xml_text(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else if (c == '\n')
            out += "&#10;";
        else if (byte >= 0x20)  // others have no place in XML
            out += c;
    }
    return out;
}

}  // namespace lockstep
