// A run as text in the format of the kernel's tracefs file `trace`.
#include <cstdio>

#include "tools/exporter.h"
#include "tools/kernel_records.h"

namespace lockstep {

namespace {

// irqs off, need-resched (never known here), handlers, preempt depth, migration off.
std::string flags_text(const KernelRecord& record) {
    std::string flags = record.irqs_off ? "d." : "..";
    if (record.nmi)
        flags += record.hardirq ? 'Z' : 'z';
    else if (record.hardirq)
        flags += record.softirq ? 'H' : 'h';
    else
        flags += record.softirq ? 's' : '.';
    char depth = '.';
    if (record.preempt_count > 0)
        depth = "0123456789abcdef"[record.preempt_count < 16 ? record.preempt_count : 15];
    return flags + depth + '.';
}

}  // namespace

std::string write_ftrace(const ExportedRun& run) {
    const std::vector<KernelRecord> records = kernel_records(run);
    const std::string count = std::to_string(records.size());
    std::string text = "# tracer: nop\n#\n# entries-in-buffer/entries-written: " + count + "/" +
                       count + "   #P:" + std::to_string(run.recording.cpus) + "\n#\n";
    text += "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n";
    text += "#              | |         |   |||||     |         |\n";
    for (const KernelRecord& record : records) {
        const RecordFormat& format = record_formats()[record.format];
        char line[128];
        std::snprintf(
            line, sizeof line,
            "%16s-%-7u [%03u] %s %5llu.%06llu: %s: ", comm_of(run.recording, record.task).c_str(),
            record.task + 1U, record.cpu, flags_text(record).c_str(),
            static_cast<unsigned long long>(record.time / kNsPerSec),
            static_cast<unsigned long long>(record.time % kNsPerSec / kNsPerUs), format.name);
        text += line + record_text(record) + "\n";
    }
    return text;
}

}  // namespace lockstep
