// Finding assembly statements in C text, and the table of those that have a body in the shim
// headers.
#include "lock/linux/inline_assembly.h"

#include <algorithm>
#include <cctype>

#include "lock/linux/kernel_tree.h"
#include "lock/linux/pattern.h"
#include "lock/linux/source_text.h"
#include "lock/port.h"

namespace lockstep {

namespace {

// One row per text. A function may have several: one per configuration, or per kernel version
// whose assembly was read and found to do the same.
struct Pin {
    KernelLock lock;
    const char* function;
    const char* sha256;  // its first 16 digits
};

const Pin kPins[] = {
    // in kshim/powerpc.h; the last two only give hints about speed
    {KernelLock::powerpc, "trylock_clean_tail", "a25e4c88f370e58f"},
    {KernelLock::powerpc, "publish_tail_cpu", "dd4d840dced2eaad"},
    {KernelLock::powerpc, "set_mustq", "285e10a220296d91"},
    {KernelLock::powerpc, "clear_mustq", "3c9e6ad36b788f75"},
    {KernelLock::powerpc, "try_set_sleepy", "099bd712bb1533d3"},
    {KernelLock::powerpc, "__queued_spin_trylock_nosteal", "60f3ed8c5054f278"},
    {KernelLock::powerpc, "__queued_spin_trylock_steal", "c442e33ea07a0966"},
    {KernelLock::powerpc, "queued_spin_unlock", "14bdae4cd1131a8d"},
    {KernelLock::powerpc, "queued_spin_lock_mcs_queue", "14bdae4cd1131a8d"},
    // not built: the kernel has it switched off
    {KernelLock::powerpc, "spec_barrier", "9f695c7861c3334f"},
    // in kshim/s390.h; the exchange stands there with and without flag outputs
    {KernelLock::s390, "arch_load_niai4", "b4bc5f0feeaabdbe"},
    {KernelLock::s390, "arch_try_cmpxchg_niai8", "285c37543198d38b"},
    {KernelLock::s390, "arch_try_cmpxchg_niai8", "cf859b06e9ad0bb1"},
    {KernelLock::s390, "spinlock_lockval", "d4a895665c7a46e5"},
    {KernelLock::s390, "arch_spin_unlock", "5973a98af9322f06"},
};

const char* body_file(KernelLock lock) {
    return lock == KernelLock::s390 ? "lock/linux/include/kshim/s390.h"
                                    : "lock/linux/include/kshim/powerpc.h";
}

// Past the closing parenthesis that belongs to the opening one at `open`. Strings may hold any.
std::size_t past_parentheses(const std::string& text, std::size_t open) {
    unsigned depth = 0;
    bool quoted = false;
    for (std::size_t i = open; i < text.size(); ++i) {
        if (text[i] == '\\' && quoted) {
            ++i;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (!quoted && text[i] == '(') {
            ++depth;
        } else if (!quoted && text[i] == ')' && --depth == 0) {
            return i + 1;
        }
    }
    return text.size();
}

std::string with_single_blanks(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const bool blank = std::isspace(static_cast<unsigned char>(c)) != 0;
        if (!blank)
            out += c;
        else if (!out.empty() && out.back() != ' ')
            out += ' ';
    }
    return out;
}

// The kernel begins a function, and nothing inside one, at the left edge.
std::string function_around(const std::string& text, std::size_t at) {
    static const boost::regex kDefine = kernel_regex(R"(^#\s*define\s+(\w+))");
    static const boost::regex kFunction = kernel_regex(R"(^[A-Za-z_][\w\s\*]*?\b(\w+)\s*\()");
    std::size_t end = at;
    for (bool first = true;; first = false) {
        const std::size_t before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
        const std::size_t begin = before == std::string::npos ? 0 : before + 1;
        const std::string line = text.substr(begin, (first ? at : end) - begin);
        Match match;
        if (boost::regex_search(line, match, kDefine)) return match[1];
        if (boost::regex_search(line, match, kFunction)) return match[1];
        if (before == std::string::npos) return "";
        end = before;
    }
}

}  // namespace

std::vector<AssemblyStatement> assembly_in(const std::string& text) {
    static const boost::regex kStatement = kernel_regex(
        R"(\b(__asm__|asm|asm_inline)\b(\s+(volatile|__volatile__|inline|goto)\b)*\s*\()");
    const SourceText source(text);
    const std::string& code = source.text();
    std::vector<AssemblyStatement> found;
    for (auto match = boost::sregex_iterator(code.begin(), code.end(), kStatement);
         match != boost::sregex_iterator(); ++match) {
        const auto begin = static_cast<std::size_t>(match->position());
        const std::size_t open = begin + static_cast<std::size_t>(match->length()) - 1;
        const std::string statement = code.substr(begin, past_parentheses(code, open) - begin);
        const auto lines = std::count(code.begin(), code.begin() + match->position(), '\n');
        found.push_back({function_around(code, begin), static_cast<unsigned>(lines) + 1,
                         sha256_of_text(with_single_blanks(statement))});
    }
    return found;
}

void check_inline_assembly(const Flavour& flavour, const std::string& path,
                           const std::string& text) {
    for (const AssemblyStatement& statement : assembly_in(text)) {
        const bool pinned = std::any_of(std::begin(kPins), std::end(kPins), [&](const Pin& pin) {
            return pin.lock == flavour.lock && statement.function == pin.function &&
                   statement.sha256.compare(0, 16, pin.sha256) == 0;
        });
        if (pinned) continue;
        throw PortError{path + ":" + std::to_string(statement.line) + ": the inline assembly in " +
                            statement.function +
                            "() is not the one that was translated (its text has sha256 " +
                            statement.sha256.substr(0, 16) + ")",
                        "compare it with the body for " + statement.function + " in " +
                            body_file(flavour.lock) +
                            ", correct that if it does something else now, and add the hash to "
                            "lock/linux/inline_assembly.cpp"};
    }
}

}  // namespace lockstep
