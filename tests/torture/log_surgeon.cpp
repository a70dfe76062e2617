#include "tests/torture/log_surgeon.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include <xxhash.h>

namespace zex::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view mark = "\xF5zexfact";
constexpr std::size_t header_bytes = 40;
constexpr std::size_t checksum_at = 8;
constexpr std::size_t size_at = 16;
constexpr std::size_t kind_at = 20;
constexpr std::size_t log_id_at = 16;  // of the identity

std::string all_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void overwrite(const std::string& path, std::uint64_t offset, std::string_view bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(offset));
    if (!file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush()) {
        throw std::runtime_error("cannot write " + path);
    }
}

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    T number;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

std::vector<fs::path> segments_of(const std::string& directory) {
    std::vector<fs::path> paths;
    for (const auto& entry : fs::directory_iterator(directory + "/log")) {
        if (entry.path().extension() == ".seg") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
}

}  // namespace

LogSurgeon::LogSurgeon(std::string data_directory)
    : directory_(std::move(data_directory)),
      log_id_(number_at<std::uint64_t>(all_of(directory_ + "/identity"), log_id_at)) {}

std::string LogSurgeon::sealed(std::string bytes, std::uint32_t segment,
                               std::uint64_t offset) const {
    std::uint64_t mix = log_id_ ^ (std::uint64_t{segment} << 32 | offset);
    mix = (mix ^ (mix >> 30)) * 0xbf58476d1ce4e5b9U;  // splitmix64's finalizer
    mix = (mix ^ (mix >> 27)) * 0x94d049bb133111ebU;
    mix ^= mix >> 31;
    const std::uint64_t sum = XXH3_64bits(bytes.data() + size_at, bytes.size() - size_at) ^ mix;
    std::memcpy(bytes.data() + checksum_at, &sum, sizeof sum);
    return bytes;
}

bool LogSurgeon::is_good(std::string_view bytes, std::uint32_t segment,
                         std::uint64_t offset) const {
    return sealed(std::string(bytes), segment, offset) == bytes;
}

std::vector<RawRecord> LogSurgeon::records() const {
    std::vector<RawRecord> records;
    for (const fs::path& path : segments_of(directory_)) {
        const std::string bytes = all_of(path);
        const auto segment =
            static_cast<std::uint32_t>(std::stoul(path.stem().string(), nullptr, 16));
        for (std::size_t at = bytes.find(mark); at != std::string::npos;
             at = bytes.find(mark, at + 1)) {
            if (at + header_bytes > bytes.size()) break;
            const auto size = number_at<std::uint32_t>(bytes, at + size_at);
            if (size < header_bytes || size > bytes.size() - at) continue;
            const std::string_view record = std::string_view(bytes).substr(at, size);
            if (!is_good(record, segment, at)) continue;
            records.push_back({path, segment, at, static_cast<std::uint8_t>(record[kind_at]),
                               std::string(record)});
        }
    }
    if (records.empty()) throw std::runtime_error("no record in " + directory_);
    return records;
}

void LogSurgeon::wipe(const RawRecord& record) const {
    overwrite(record.file, record.offset, std::string(record.bytes.size(), '\0'));
}

void LogSurgeon::replace_body(const RawRecord& record, std::string_view body) const {
    if (body.size() != record.body().size()) throw std::runtime_error("another size");
    std::string bytes = record.bytes;
    bytes.replace(header_bytes, body.size(), body);
    overwrite(record.file, record.offset, sealed(std::move(bytes), record.segment, record.offset));
}

void LogSurgeon::write_from(const RawRecord& first, const std::vector<Made>& records) const {
    std::uint64_t at = first.offset;
    for (const Made& made : records) {
        std::string bytes = first.bytes.substr(0, header_bytes);
        const auto size = static_cast<std::uint32_t>(header_bytes + made.body.size());
        std::memcpy(bytes.data() + size_at, &size, sizeof size);
        bytes[kind_at] = static_cast<char>(made.kind);
        bytes += made.body;
        overwrite(first.file, at, sealed(std::move(bytes), first.segment, at));
        at += size;
    }
    const std::uint64_t end = fs::file_size(first.file);
    overwrite(first.file, at, std::string(end - at, '\0'));
}

bool LogSurgeon::contains(std::string_view text) const {
    const std::vector<fs::path> paths = segments_of(directory_);
    return std::any_of(paths.begin(), paths.end(), [&](const fs::path& path) {
        return all_of(path).find(text) != std::string::npos;
    });
}

}  // namespace zex::test
