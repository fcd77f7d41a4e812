// Writing and reading checkpoints.
#include "scenarios/search_checkpoint.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "scenarios/archive.h"

namespace lockstep {

namespace {

constexpr char kSearchMagic[] = "lockstep-search 3\n";
constexpr char kSearchMagicOfAll[] = "lockstep-search ";
constexpr int kLinksMax = 40;  // as the kernel follows

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

struct FreeHash {
    void operator()(XXH3_state_t* hash) const { XXH3_freeState(hash); }
};

// Everything written or read goes into the checksum as well.
class Stream {
  public:
    // `size` of what can be read: a damaged length asks for no more memory than that.
    explicit Stream(std::FILE* file, std::uint64_t size = 0)
        : file_(file), size_(size), hash_(XXH3_createState()) {
        XXH3_64bits_reset(hash_.get());
    }
    bool write(const void* bytes, std::size_t size) {
        XXH3_64bits_update(hash_.get(), bytes, size);
        return std::fwrite(bytes, 1, size, file_) == size;
    }
    bool read(void* bytes, std::size_t size) {
        if (std::fread(bytes, 1, size, file_) != size) return false;
        XXH3_64bits_update(hash_.get(), bytes, size);
        return true;
    }
    bool ends_with_its_checksum() {
        std::uint64_t found = 0;
        return std::fread(&found, sizeof found, 1, file_) == 1 && found == checksum() &&
               std::fgetc(file_) == EOF;
    }
    std::uint64_t checksum() const { return XXH3_64bits_digest(hash_.get()); }
    bool write(std::uint64_t number) { return write(&number, sizeof number); }
    bool read(std::uint64_t& number) { return read(&number, sizeof number); }
    bool write(const std::string& text) {
        return write(text.size()) && write(text.data(), text.size());
    }
    bool read(std::string& text) {
        std::uint64_t size = 0;
        if (!read(size) || size > size_) return false;
        text.resize(size);
        return read(text.data(), size);
    }

  private:
    std::FILE* file_;
    std::uint64_t size_;
    std::unique_ptr<XXH3_state_t, FreeHash> hash_;
};

std::string header(const SearchCheckpoint& checkpoint) {
    ArchiveWriter writer;
    writer(checkpoint.layout);
    writer(checkpoint.resumed);
    writer(static_cast<std::uint64_t>(checkpoint.seconds * 1000));
    writer(checkpoint.complete);
    writer(checkpoint.own_memory);
    writer(checkpoint.asked.size());
    for (const std::uint64_t place : checkpoint.asked) writer(place);
    return writer.bytes;
}

void read_header(const std::string& bytes, SearchCheckpoint& checkpoint) {
    ArchiveReader reader(bytes);
    std::uint64_t milliseconds = 0;
    reader(checkpoint.layout);
    reader(checkpoint.resumed);
    reader(milliseconds);
    reader(checkpoint.complete);
    reader(checkpoint.own_memory);
    std::size_t asked = 0;
    reader(asked);
    for (std::size_t i = 0; i < asked; ++i) {
        std::uint64_t place = 0;
        reader(place);
        checkpoint.asked.push_back(place);
    }
    checkpoint.seconds = static_cast<double>(milliseconds) / 1000;
}

bool write_checkpoint_to(std::FILE* file, const SearchCheckpoint& checkpoint,
                         const StateTable& table) {
    Stream stream(file);
    const std::string magic = kSearchMagic;
    bool good = stream.write(magic.data(), magic.size()) && stream.write(checkpoint.identity) &&
                stream.write(header(checkpoint)) && stream.write(checkpoint.yield.pack());
    const std::uint64_t states = checkpoint.complete ? 0 : table.used();
    good = good && stream.write(states);
    if (states > 0) table.for_each([&](std::uint64_t hash) { good = good && stream.write(hash); });
    const std::uint64_t checksum = stream.checksum();
    return good && std::fwrite(&checksum, sizeof checksum, 1, file) == 1 &&
           std::fflush(file) == 0 && fsync(fileno(file)) == 0;
}

// What a killed process left there is written over; two at once would write into each other's.
File open_alone(const std::string& path) {
    while (true) {
        File file(std::fopen(path.c_str(), "ab"));
        if (file == nullptr || flock(fileno(file.get()), LOCK_EX | LOCK_NB) != 0) return nullptr;
        using Status = struct stat;
        Status opened{}, named{};
        if (fstat(fileno(file.get()), &opened) != 0) return nullptr;
        if (stat(path.c_str(), &named) == 0 && named.st_ino == opened.st_ino) return file;
    }
}

[[noreturn]] void damaged(const std::string& path) {
    throw CheckpointError(path +
                          ": a damaged checkpoint: it is not what a search has written; remove it "
                          "to begin again");
}

// Where a path leads through symbolic links, which stay what they are; or nothing: in a circle.
std::string through_links(std::filesystem::path path) {
    std::error_code error;
    for (int links = 0; links < kLinksMax; ++links) {
        const std::filesystem::path next = std::filesystem::read_symlink(path, error);
        if (error) return path.string();  // no link
        path = next.is_absolute() ? next : path.parent_path() / next;
    }
    errno = ELOOP;
    return "";
}

void require_magic(const std::string& path, Stream& stream) {
    std::string magic(sizeof kSearchMagic - 1, ' ');
    const bool whole = stream.read(magic.data(), magic.size());
    if (whole && magic == kSearchMagic) return;
    if (whole && magic.starts_with(kSearchMagicOfAll))
        throw CheckpointError(path +
                              ": a checkpoint of another version of lockstep, or a damaged one; "
                              "remove it to begin again");
    throw CheckpointError(path +
                          ": no checkpoint of a search; name another file, or remove this one");
}

// All that follows the magic is read, and its checksum seen to, before any of it is believed.
std::vector<std::uint64_t> read_whole(const std::string& path, Stream& stream,
                                      SearchCheckpoint& checkpoint) {
    std::string head, yield;
    std::uint64_t states = 0, hash = 0;
    if (!stream.read(checkpoint.identity) || !stream.read(head) || !stream.read(yield) ||
        !stream.read(states))
        damaged(path);
    std::vector<std::uint64_t> hashes;
    for (std::uint64_t i = 0; i < states; ++i) {
        if (!stream.read(hash)) damaged(path);
        hashes.push_back(hash);
    }
    if (!stream.ends_with_its_checksum()) damaged(path);
    read_header(head, checkpoint);
    checkpoint.yield = SearchYield::unpack(yield);
    return hashes;
}

}  // namespace

void expect_to_save(const std::string& path) {
    const std::string target = through_links(path), temporary = target + ".tmp";
    if (target.empty() || open_alone(temporary) == nullptr)
        throw CheckpointError(path + ": cannot be written: " + std::strerror(errno));
    std::remove(temporary.c_str());
}

std::optional<std::string> save_checkpoint(const std::string& path,
                                           const SearchCheckpoint& checkpoint,
                                           const StateTable& table) {
    const std::string target = through_links(path), temporary = target + ".tmp";
    const auto problem = [&temporary]() {
        const std::string why = std::strerror(errno);
        std::remove(temporary.c_str());
        return why;
    };
    if (target.empty()) return std::strerror(errno);
    const File file = open_alone(temporary);
    if (file == nullptr && errno == EWOULDBLOCK) return "another process is writing it";
    if (file == nullptr || ftruncate(fileno(file.get()), 0) != 0) return problem();
    if (!write_checkpoint_to(file.get(), checkpoint, table)) return problem();
    if (std::rename(temporary.c_str(), target.c_str()) != 0) return problem();
    return std::nullopt;
}

std::optional<SearchCheckpoint> load_checkpoint(const std::string& path,
                                                const std::string& identity, std::uint64_t layout,
                                                StateTable& table) {
    const File file(std::fopen(path.c_str(), "rb"));
    if (file == nullptr) {
        if (errno == ENOENT) return std::nullopt;
        throw CheckpointError(path + ": " + std::strerror(errno));
    }
    struct stat status {};
    if (fstat(fileno(file.get()), &status) != 0)
        throw CheckpointError(path + ": " + std::strerror(errno));
    Stream stream(file.get(), static_cast<std::uint64_t>(status.st_size));
    require_magic(path, stream);
    SearchCheckpoint checkpoint;
    const std::vector<std::uint64_t> hashes = read_whole(path, stream, checkpoint);
    if (checkpoint.identity != identity)
        throw CheckpointError(path + ": is of another search:\n  there: " + checkpoint.identity +
                              "\n  here:  " + identity);
    if (checkpoint.layout != layout && !checkpoint.complete) return checkpoint;
    if (!table.reserve(hashes.size()))
        throw CheckpointError(path + ": holds more states than the memory allowed");
    for (const std::uint64_t known : hashes) table.insert(known);
    table.tell();  // before workers are forked, who would each tell it again
    return checkpoint;
}

}  // namespace lockstep
