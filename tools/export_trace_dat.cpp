// A run as trace.dat, version 6 (man 5 trace-cmd.dat.v6): headers, the formats of the events, the
// names of the tasks, and for each CPU its ring buffer in pages, as the kernel would have filled
// it.
//
//   page:   u64 time | u64 bytes used | events
//   event:  u32 (5 bits length in words or type, 27 bits ns since the one before) | [length] | data
#include <bit>
#include <cstring>
#include <map>

#include "sim/check.h"
#include "tools/exporter.h"
#include "tools/kernel_records.h"

namespace lockstep {

namespace {

constexpr std::size_t kPageSize = 4096;
constexpr std::size_t kPageHeader = 16;
constexpr std::size_t kTextMax = 300;  // of one field: a record must fit into a page
constexpr std::uint64_t kDeltaBits = 27;
constexpr std::uint32_t kTimeExtend = 30;
constexpr unsigned kFirstId = 100;
constexpr std::size_t kCommonSize = 8;  // type, flags, preempt count, pid

class Bytes {
  public:
    template <typename Number>
    void number(Number value) {
        static_assert(std::endian::native == std::endian::little);
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void raw(const std::string& text) { bytes_ += text; }
    void terminated(const std::string& text) { bytes_.append(text.c_str(), text.size() + 1); }
    // Size first, then the text.
    template <typename Size>
    void sized(const std::string& text) {
        number(static_cast<Size>(text.size()));
        raw(text);
    }
    void pad_to(std::size_t multiple) {
        bytes_.resize((bytes_.size() + multiple - 1) / multiple * multiple, '\0');
    }
    std::size_t size() const { return bytes_.size(); }
    std::string& text() { return bytes_; }

  private:
    std::string bytes_;
};

std::string field_line(const std::string& declared, std::size_t offset, std::size_t size,
                       bool is_signed) {
    return "\tfield:" + declared + ";\toffset:" + std::to_string(offset) +
           ";\tsize:" + std::to_string(size) + ";\tsigned:" + (is_signed ? "1" : "0") + ";\n";
}

std::string page_format() {
    return "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
           "\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n"
           "\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
           "\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;\n";
}

std::string event_header_format() {
    return "# compressed entry header\n"
           "\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n\tarray       :   32 bits\n\n"
           "\tpadding     : type == 29\n\ttime_extend : type == 30\n\ttime_stamp : type == 31\n"
           "\tdata max type_len  == 28\n";
}

bool is_text(const RecordField& field) {
    return field.kind == RecordField::Kind::text;
}

// Numbers are 8 bytes on a multiple of 8; a text is 4 bytes that say where it is.
std::size_t aligned(const RecordField& field, std::size_t offset) {
    return is_text(field) ? offset : (offset + 7) / 8 * 8;
}

std::size_t size_of(const RecordField& field) {
    return is_text(field) ? 4 : 8;
}

// What a tracefs `format` file says.
std::string format_text(std::size_t index) {
    const RecordFormat& format = record_formats()[index];
    std::string text = "name: " + std::string(format.name) +
                       "\nID: " + std::to_string(kFirstId + index) + "\nformat:\n";
    text += field_line("unsigned short common_type", 0, 2, false);
    text += field_line("unsigned char common_flags", 2, 1, false);
    text += field_line("unsigned char common_preempt_count", 3, 1, false);
    text += field_line("int common_pid", 4, 4, true) + "\n";
    std::string print, values;
    std::size_t offset = kCommonSize;
    for (const RecordField& field : format.fields) {
        const std::string name = field.name;
        const bool hexadecimal = field.kind == RecordField::Kind::hexadecimal;
        offset = aligned(field, offset);
        const char* const type =
            is_text(field) ? "__data_loc char[] " : (hexadecimal ? "u64 " : "s64 ");
        text += field_line(type + name, offset, size_of(field), !is_text(field) && !hexadecimal);
        offset += size_of(field);
        print += (print.empty() ? "" : " ") + name +
                 (is_text(field) ? "=%s" : (hexadecimal ? "=0x%llx" : "=%lld"));
        values += is_text(field) ? ", __get_str(" + name + ")" : ", REC->" + name;
    }
    return text + "\nprint fmt: \"" + print + "\"" + values + "\n";
}

std::string record_data(const KernelRecord& record) {
    const std::vector<RecordField>& fields = record_formats()[record.format].fields;
    std::size_t end = kCommonSize;
    for (const RecordField& field : fields) end = aligned(field, end) + size_of(field);
    Bytes data;
    data.number(static_cast<std::uint16_t>(kFirstId + record.format));
    const unsigned flags = (record.irqs_off ? 0x01U : 0U) | (record.hardirq ? 0x08U : 0U) |
                           (record.softirq ? 0x10U : 0U) | (record.nmi ? 0x40U : 0U);
    data.number(static_cast<std::uint8_t>(flags));
    data.number(record.preempt_count);
    data.number(static_cast<std::int32_t>(record.task) + 1);
    std::string texts;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const RecordValue& value = record.values[i];
        if (!is_text(fields[i])) {
            data.pad_to(8);
            data.number(value.number);
            continue;
        }
        const std::string text = value.text.substr(0, kTextMax);
        const std::size_t at = end + texts.size();
        data.number(static_cast<std::uint32_t>((text.size() + 1) << 16 | at));
        texts.append(text.c_str(), text.size() + 1);
    }
    data.raw(texts);
    data.pad_to(4);
    return std::move(data.text());
}

// The ring buffer of one CPU.
class CpuBuffer {
  public:
    void add(std::uint64_t time, const std::string& data) {
        // Header, length word, and 8 more for a step of time that needs a record of its own.
        const std::size_t needed = 16 + data.size();
        SIM_CHECK(needed <= kPageSize - kPageHeader);
        if (page_.size() == 0 || kPageHeader + page_.size() + needed > kPageSize) {
            finish_page();
            page_time_ = last_ = time;
        }
        const std::uint64_t delta = time - last_;
        last_ = time;
        const std::uint64_t low = delta & ((std::uint64_t{1} << kDeltaBits) - 1);
        const bool extended = delta >> kDeltaBits != 0;
        if (extended) {
            page_.number(static_cast<std::uint32_t>(kTimeExtend | low << 5));
            page_.number(static_cast<std::uint32_t>(delta >> kDeltaBits));
        }
        page_.number(static_cast<std::uint32_t>(extended ? 0 : low << 5));
        page_.number(static_cast<std::uint32_t>(data.size() + 4));
        page_.raw(data);
    }

    std::string finish() {
        finish_page();
        return std::move(pages_.text());
    }

  private:
    void finish_page() {
        if (page_.size() == 0) return;
        pages_.number(page_time_);
        pages_.number(static_cast<std::uint64_t>(page_.size()));
        pages_.raw(page_.text());
        pages_.pad_to(kPageSize);
        page_.text().clear();
    }

    Bytes pages_, page_;
    std::uint64_t page_time_ = 0, last_ = 0;
};

void write_formats(Bytes& file) {
    std::map<std::string, std::vector<std::size_t>> systems;
    for (std::size_t i = 0; i < record_formats().size(); ++i)
        systems[record_formats()[i].system].push_back(i);
    file.number(std::uint32_t{0});  // formats of the system "ftrace" itself
    file.number(static_cast<std::uint32_t>(systems.size()));
    for (const auto& [system, formats] : systems) {
        file.terminated(system);
        file.number(static_cast<std::uint32_t>(formats.size()));
        for (std::size_t format : formats) file.sized<std::uint64_t>(format_text(format));
    }
}

}  // namespace

std::string write_trace_dat(const ExportedRun& run) {
    const unsigned cpus = run.recording.cpus;
    std::vector<CpuBuffer> buffers(cpus);
    for (const KernelRecord& record : kernel_records(run))
        buffers[record.cpu].add(record.time, record_data(record));

    Bytes file;
    file.raw("\x17\x08\x44tracing");
    file.terminated("6");
    file.number(std::uint8_t{0});  // little endian
    file.number(std::uint8_t{8});  // bytes of a long
    file.number(static_cast<std::uint32_t>(kPageSize));
    file.terminated("header_page");
    file.sized<std::uint64_t>(page_format());
    file.terminated("header_event");
    file.sized<std::uint64_t>(event_header_format());
    write_formats(file);
    file.number(std::uint32_t{0});  // addresses of functions
    file.number(std::uint32_t{0});  // formats of trace_printk
    std::string comms;
    for (std::size_t task = 0; task < run.recording.tasks.size(); ++task)
        comms += std::to_string(task + 1) + " " +
                 comm_of(run.recording, static_cast<std::uint16_t>(task)) + "\n";
    file.sized<std::uint64_t>(comms);
    file.number(static_cast<std::uint32_t>(cpus));
    file.terminated("flyrecord");
    std::vector<std::string> data;
    for (CpuBuffer& buffer : buffers) data.push_back(buffer.finish());
    std::uint64_t offset = file.size() + std::size_t{cpus} * 16;
    offset = (offset + kPageSize - 1) / kPageSize * kPageSize;
    for (const std::string& pages : data) {
        file.number(offset);
        file.number(static_cast<std::uint64_t>(pages.size()));
        offset += pages.size();
    }
    file.pad_to(kPageSize);
    for (const std::string& pages : data) file.raw(pages);
    return std::move(file.text());
}

}  // namespace lockstep
