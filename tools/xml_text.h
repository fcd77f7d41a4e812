// Text as it stands in XML, between tags or in an attribute.
#pragma once

#include <string>

namespace lockstep {

// What has no place in XML is left out.
std::string xml_text(const std::string& text);

}  // namespace lockstep
