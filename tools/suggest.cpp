// Suggestions by edit distance (with transpositions: Damerau, CACM 1964, the restricted form).
#include "tools/suggest.h"

#include <algorithm>

namespace lockstep {

unsigned edit_distance(const std::string& from, const std::string& to) {
    std::size_t columns = to.size() + 1;
    std::vector<unsigned> before(columns), above(columns), row(columns);
    for (std::size_t j = 0; j < columns; ++j) above[j] = static_cast<unsigned>(j);
    for (std::size_t i = 1; i <= from.size(); ++i) {
        row[0] = static_cast<unsigned>(i);
        for (std::size_t j = 1; j < columns; ++j) {
            unsigned change = from[i - 1] == to[j - 1] ? 0 : 1;
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + change});
            bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(above);
        above.swap(row);
    }
    return above[columns - 1];
}

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
    std::string best;
    unsigned best_distance = static_cast<unsigned>(std::max<std::size_t>(2, word.size() / 3)) + 1;
    for (const std::string& candidate : known) {
        unsigned distance = edit_distance(word, candidate);
        // A word that is only the beginning or the last part of a name is near as well.
        bool part = word.size() >= 3 && candidate.find(word) != std::string::npos;
        if (part) distance = std::min(distance, 2U);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = candidate;
    }
    return best;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
    std::string found = nearest(word, known);
    return found.empty() ? "" : "; did you mean `" + found + "`?";
}

}  // namespace lockstep
