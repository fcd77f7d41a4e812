// See tree_variant.h. Only rqspinlock has variants; other locks have not moved.
#include "lock/linux/tree_variant.h"

#include "lock/linux/pattern.h"
#include "lock/port.h"

namespace lockstep {

namespace {

const std::string* lock_file(const SourceTexts& files) {
    for (const auto& [path, text] : files)
        if (path.ends_with("/rqspinlock.c")) return &path;
    return nullptr;
}

// Postings called the per-CPU nodes qnodes, as qspinlock does.
std::string name_of_nodes(const std::string& lock) {
    Match match;
    static const boost::regex kNodes =
        kernel_regex(R"(DEFINE_PER_CPU_ALIGNED\(struct qnode, (\w+)\[)");
    return boost::regex_search(lock, match, kNodes) ? match[1].str() : "rqnodes";
}

bool defines_bpf_lock(const SourceTexts& files) {
    static const boost::regex kStruct = kernel_regex(R"(struct bpf_res_spin_lock\s*\{)");
    for (const auto& [path, text] : files)
        if (boost::regex_search(text, kStruct)) return true;
    return false;
}

void check_fallback(const Flavour& flavour, const std::string& path, const std::string& lock) {
    if (flavour.queued || lock.find("resilient_tas_spin_lock") != std::string::npos) return;
    throw PortError{"this kernel has no test-and-set fallback: `" + path +
                        "` defines no resilient_tas_spin_lock()",
                    "it came with a later version of the lock"};
}

// Kbuild gives the generic header to an architecture without one of its own. A lock that asks
// whether the architecture has its own way to wait is from a time when arm64 had one.
bool needs_generic_header(const Flavour& flavour, const SourceTexts& files, const std::string& lock,
                          const std::filesystem::path& tree) {
    const std::string own = "arch/arm64/include/asm/rqspinlock.h";
    if (flavour.arch != "arm64" || files.contains(own)) return false;
    if (lock.find("res_smp_cond_load_acquire") == std::string::npos) return true;
    if (lock.find("_acquire_timeout(") != std::string::npos) return true;  // the generic wait
    throw PortError{"`" + tree.string() + "` has no file `" + own + "`, which this lock goes with",
                    "tools/linux-source unpacks all files that are needed"};
}

}  // namespace

TreeVariant variant_of(const Flavour& flavour, const SourceTexts& files,
                       const std::filesystem::path& tree) {
    TreeVariant variant;
    const std::string* const path = lock_file(files);
    if (!resilient(flavour) || path == nullptr) return variant;
    const std::string& lock = files.at(*path);
    check_fallback(flavour, *path, lock);
    variant.defines = {"KPORT_SOURCE=\"" + *path + "\"", "KPORT_NODES=" + name_of_nodes(lock)};
    if (!defines_bpf_lock(files)) variant.defines.push_back("KSHIM_BPF_RES_SPIN_LOCK=1");
    if (needs_generic_header(flavour, files, lock, tree))
        variant.headers.push_back({"asm/rqspinlock.h", "#include <asm-generic/rqspinlock.h>\n"});
    return variant;
}

}  // namespace lockstep
