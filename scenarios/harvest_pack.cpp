// A harvest as bytes: fields one after the other, numbers as 8 bytes, text and lists with their
// length in front. Only ever read by the same program that wrote it.
#include <type_traits>

#include "scenarios/archive.h"
#include "scenarios/harvest.h"

namespace lockstep {

namespace {

template <typename Archive, typename T>
void visit_list(Archive& archive, std::vector<T>& list);

template <typename Archive, typename T>
requires(std::is_arithmetic_v<T> || std::is_same_v<T, std::string>) void visit(Archive& archive,
                                                                               T& value) {
    archive(value);
}

template <typename Archive>
void visit(Archive& archive, PickRun& run) {
    archive(run.index);
    archive(run.bound);
    archive(run.times);
}

template <typename Archive>
void visit(Archive& archive, std::array<std::uint64_t, 8>& counts) {
    for (std::uint64_t& count : counts) archive(count);
}

template <typename Archive>
void visit(Archive& archive, Finding& finding) {
    archive.name(finding.oracle);
    archive.name(finding.word);
    std::string text = finding.text;
    archive(text);
    if constexpr (Archive::kReads) {
        std::memset(finding.text, 0, sizeof(finding.text));
        text.copy(finding.text, sizeof(finding.text) - 1);
    }
    archive(finding.step);
    archive(finding.time);
    archive(finding.cpu);
    archive(finding.context);
    archive(finding.lock);
}

template <typename Archive>
void visit(Archive& archive, ExecutionResult& result) {
    archive(result.reason);
    archive(result.steps);
    archive(result.time);
    archive(result.step_hash);
    archive(result.state_hash);
    visit_list(archive, result.findings);
    archive(result.findings_total);
    visit_list(archive, result.picks);
    visit_list(archive, result.injections_fired);
    archive(result.script_done);
    archive(result.paused);
    archive(result.diverged_at);
}

template <typename Archive>
void visit(Archive& archive, Failure& failure) {
    archive(failure.kind);
    archive(failure.text);
    archive(failure.oracle);
    archive(failure.word);
    archive(failure.site);
    bool has_finding = failure.finding.has_value();
    archive(has_finding);
    if (has_finding) {
        if (!failure.finding) failure.finding.emplace();
        visit(archive, *failure.finding);
    }
    archive(failure.line);
    archive(failure.seed);
    archive(failure.scheduler);
    visit_list(archive, failure.picks);
    visit(archive, failure.result);
}

template <typename Archive>
void visit(Archive& archive, AcquireRecord& record) {
    archive(record.program);
    archive(record.reg);
    archive(record.cpu);
    archive(record.lock);
    archive(record.ret);
    archive(record.wait_ns);
}

template <typename Archive>
void visit(Archive& archive, LockFairness& lock) {
    visit_list(archive, lock.acquisitions);
    archive(lock.refused);
    archive(lock.wait_steps);
    archive(lock.wait_steps_cpu);
    archive(lock.wait_ns);
    archive(lock.wait_ns_cpu);
}

// Plain numbers and text, as they lie in memory.
template <typename Archive>
void visit(Archive& archive, std::optional<LockFigures>& figures) {
    bool there = figures.has_value();
    archive(there);
    if (!there) return;
    if (!figures) figures.emplace();
    std::string bytes(sizeof(LockFigures), '\0');
    if constexpr (!Archive::kReads) std::memcpy(bytes.data(), &*figures, bytes.size());
    archive(bytes);
    if constexpr (Archive::kReads) {
        if (bytes.size() != sizeof(LockFigures)) throw EngineBug("figures of another size");
        std::memcpy(&*figures, bytes.data(), bytes.size());
    }
}

template <typename Archive, typename T>
void visit_list(Archive& archive, std::vector<T>& list) {
    const std::size_t size = archive.size(list.size());
    if constexpr (Archive::kReads) list.resize(size);
    for (T& item : list) visit(archive, item);
}

template <typename Archive, typename Value>
void visit(Archive& archive, std::map<std::string, Value>& counts) {
    const std::size_t size = archive.size(counts.size());
    if constexpr (Archive::kReads) {
        for (std::size_t i = 0; i < size; ++i) {
            std::string key;
            archive(key);
            archive(counts[key]);
        }
    } else {
        for (const auto& [key, count] : counts) {
            archive(key);
            archive(count);
        }
    }
}

template <typename Archive>
void visit(Archive& archive, Harvest& harvest) {
    archive(harvest.next);
    archive(harvest.stopped);
    archive(harvest.executions);
    archive(harvest.steps);
    archive(harvest.steps_min);
    archive(harvest.steps_max);
    archive(harvest.truncated);
    archive(harvest.time_longest);
    visit_list(archive, harvest.failures);
    visit(archive, harvest.failed);
    visit(archive, harvest.covered);
    visit(archive, harvest.allowed);
    visit(archive, harvest.allowed_text);
    visit_list(archive, harvest.allowed_examples);
    visit(archive, harvest.not_judged);
    visit(archive, harvest.outcomes);
    visit_list(archive, harvest.allowances);
    visit_list(archive, harvest.known);
    visit_list(archive, harvest.held);
    visit_list(archive, harvest.fired);
    visit_list(archive, harvest.fairness);
    visit(archive, harvest.figures);
    archive(harvest.has_first);
    visit_list(archive, harvest.first);
    visit_list(archive, harvest.first_picks);
    visit(archive, harvest.first_result);
}

}  // namespace

std::string pack(const Harvest& harvest) {
    ArchiveWriter writer;
    Harvest copy = harvest;  // the description of the fields is shared with reading
    visit(writer, copy);
    return writer.bytes;
}

Harvest unpack(const std::string& bytes) {
    ArchiveReader reader(bytes);
    Harvest harvest;
    visit(reader, harvest);
    if (!reader.at_end()) throw EngineBug("a worker sent more than a harvest");
    return harvest;
}

}  // namespace lockstep
