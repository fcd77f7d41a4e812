// Kernel records: a run as a list of trace events in the kernel's manner, each with a system, a
// name and fields. trace.dat and the text of a `trace` file are two ways to write the same list.
//
// Loads, fences and looks at the clock are left out; everything else of the recording is there.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/exporter.h"

namespace lockstep {

struct RecordField {
    enum class Kind : std::uint8_t { decimal, hexadecimal, text };
    const char* name;
    Kind kind;
};

struct RecordFormat {
    const char* system;
    const char* name;
    std::vector<RecordField> fields;  // and, behind them, the fields of every record: ns, step
};

struct RecordValue {
    std::uint64_t number = 0;  // of a decimal field: as int64
    std::string text;
};

struct KernelRecord {
    std::size_t format = 0;  // index in record_formats()
    std::uint64_t time = 0;  // ns, as ExportTimes has it; grows with every record
    CpuId cpu = 0;
    std::uint16_t task = 0;  // that the CPU runs, or interrupts
    bool irqs_off = false, softirq = false, hardirq = false, nmi = false;
    std::uint8_t preempt_count = 0;
    std::vector<RecordValue> values;  // as the fields of its format
};

const std::vector<RecordFormat>& record_formats();
std::vector<KernelRecord> kernel_records(const ExportedRun& run);
// "lock=A ret=0 ns=100 step=7"
std::string record_text(const KernelRecord& record);
// The name of a task as the kernel's `comm`: at most 15 characters without blanks.
std::string comm_of(const Recording& recording, std::uint16_t task);

}  // namespace lockstep
