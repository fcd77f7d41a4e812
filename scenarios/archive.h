// Archives: fields one after the other as bytes, numbers as 8 bytes, text and lists with their
// length in front. Only ever read by the same program that wrote them; a reader throws EngineBug at
// bytes that do not add up.
#pragma once

#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <type_traits>

#include "scenarios/runner.h"

namespace lockstep {

// One description of the fields serves both directions: `visit` calls the archive for each.
class ArchiveWriter {
  public:
    std::string bytes;

    template <typename T>
    requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void operator()(const T& value) {
        const auto wide = static_cast<std::uint64_t>(value);
        char raw[sizeof(wide)];
        std::memcpy(raw, &wide, sizeof(wide));
        bytes.append(raw, sizeof(raw));
    }
    void operator()(const std::string& text) {
        (*this)(text.size());
        bytes += text;
    }
    // Static text of the machine, such as an oracle's name.
    void name(const char*& text) { (*this)(std::string(text)); }
    std::size_t size(std::size_t now) {
        (*this)(now);
        return now;
    }
    static constexpr bool kReads = false;
};

class ArchiveReader {
  public:
    explicit ArchiveReader(const std::string& bytes) : bytes_(bytes) {}

    template <typename T>
    requires(std::is_arithmetic_v<T> || std::is_enum_v<T>) void operator()(T& value) {
        std::uint64_t wide = 0;
        std::memcpy(&wide, take(sizeof(wide)), sizeof(wide));
        value = static_cast<T>(wide);
    }
    void operator()(std::string& text) {
        const std::size_t length = size(0);
        text.assign(take(length), length);
    }
    void name(const char*& text) {
        static std::set<std::string> pool;  // a few dozen names; they live as long as we do
        std::string read;
        (*this)(read);
        text = pool.insert(read).first->c_str();
    }
    std::size_t size(std::size_t) {
        std::size_t length = 0;
        (*this)(length);
        if (length > bytes_.size()) throw EngineBug("a worker sent a list longer than its message");
        return length;
    }
    bool at_end() const { return at_ == bytes_.size(); }
    static constexpr bool kReads = true;

  private:
    const char* take(std::size_t length) {
        if (bytes_.size() - at_ < length) throw EngineBug("a worker sent too short a message");
        const char* const begin = bytes_.data() + at_;
        at_ += length;
        return begin;
    }

    const std::string& bytes_;
    std::size_t at_ = 0;
};

}  // namespace lockstep
