// Patterns: how kernel text is searched. Boost.Regex with the meaning std::regex gives them, at
// fifteen times its speed: a dot stops at the end of a line, ^ and $ are the ends of the text.
#pragma once

#include <boost/regex.hpp>
#include <string>

namespace lockstep {

using Match = boost::smatch;

inline boost::regex kernel_regex(const std::string& text) {
    return boost::regex(text,
                        boost::regex::ECMAScript | boost::regex::no_mod_m | boost::regex::no_mod_s);
}

}  // namespace lockstep
