// Writing and reading checkpoints.
#include "scenarios/search_checkpoint.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "scenarios/archive.h"

namespace lockstep {

namespace {

constexpr char kSearchMagic[] = "lockstep-search 3\n";
constexpr std::uint64_t kSearchTextMax = std::uint64_t{1} << 32;

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
    explicit Stream(std::FILE* file) : file_(file), hash_(XXH3_createState()) {
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
    std::uint64_t checksum() const { return XXH3_64bits_digest(hash_.get()); }
    bool write(std::uint64_t number) { return write(&number, sizeof number); }
    bool read(std::uint64_t& number) { return read(&number, sizeof number); }
    bool write(const std::string& text) {
        return write(text.size()) && write(text.data(), text.size());
    }
    bool read(std::string& text) {
        std::uint64_t size = 0;
        if (!read(size) || size > kSearchTextMax) return false;
        text.resize(size);
        return read(text.data(), size);
    }

  private:
    std::FILE* file_;
    std::unique_ptr<XXH3_state_t, FreeHash> hash_;
};

std::string header(const SearchCheckpoint& checkpoint) {
    ArchiveWriter writer;
    writer(checkpoint.layout);
    writer(checkpoint.resumed);
    writer(static_cast<std::uint64_t>(checkpoint.seconds * 1000));
    writer(checkpoint.complete);
    return writer.bytes;
}

void read_header(const std::string& bytes, SearchCheckpoint& checkpoint) {
    ArchiveReader reader(bytes);
    std::uint64_t milliseconds = 0;
    reader(checkpoint.layout);
    reader(checkpoint.resumed);
    reader(milliseconds);
    reader(checkpoint.complete);
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
    throw CheckpointError(path + ": not a whole checkpoint of a search; remove it to begin again");
}

}  // namespace

void expect_to_save(const std::string& path) {
    const std::string temporary = path + ".tmp";
    if (open_alone(temporary) == nullptr)
        throw CheckpointError(path + ": cannot be written: " + std::strerror(errno));
    std::remove(temporary.c_str());
}

std::optional<std::string> save_checkpoint(const std::string& path,
                                           const SearchCheckpoint& checkpoint,
                                           const StateTable& table) {
    const std::string temporary = path + ".tmp";
    const auto problem = [&temporary]() {
        const std::string why = std::strerror(errno);
        std::remove(temporary.c_str());
        return why;
    };
    const File file = open_alone(temporary);
    if (file == nullptr && errno == EWOULDBLOCK) return "another process is writing it";
    if (file == nullptr || ftruncate(fileno(file.get()), 0) != 0) return problem();
    if (!write_checkpoint_to(file.get(), checkpoint, table)) return problem();
    if (std::rename(temporary.c_str(), path.c_str()) != 0) return problem();
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
    Stream stream(file.get());
    SearchCheckpoint checkpoint;
    std::string magic(sizeof kSearchMagic - 1, ' '), head, yield;
    if (!stream.read(magic.data(), magic.size()) || magic != kSearchMagic) damaged(path);
    if (!stream.read(checkpoint.identity)) damaged(path);
    if (checkpoint.identity != identity)
        throw CheckpointError(path + ": is of another search:\n  there: " + checkpoint.identity +
                              "\n  here:  " + identity);
    std::uint64_t states = 0;
    if (!stream.read(head) || !stream.read(yield) || !stream.read(states)) damaged(path);
    std::vector<std::uint64_t> hashes;
    std::uint64_t hash = 0;
    for (std::uint64_t i = 0; i < states; ++i) {
        if (!stream.read(hash)) damaged(path);
        hashes.push_back(hash);
    }
    std::uint64_t checksum = 0;
    const std::uint64_t expected = stream.checksum();
    if (std::fread(&checksum, sizeof checksum, 1, file.get()) != 1 || checksum != expected ||
        std::fgetc(file.get()) != EOF)
        damaged(path);
    read_header(head, checkpoint);
    checkpoint.yield = SearchYield::unpack(yield);
    if (checkpoint.layout != layout && !checkpoint.complete) return checkpoint;
    if (!table.reserve(states))
        throw CheckpointError(path + ": holds more states than the memory allowed");
    for (const std::uint64_t known : hashes) table.insert(known);
    table.tell();  // before workers are forked, who would each tell it again
    return checkpoint;
}

}  // namespace lockstep
