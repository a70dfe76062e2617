#include "tests/torture/file_record.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace zex::test {
namespace {

const char* name_of(FileOp op) {
    switch (op) {
        case FileOp::open:
            return "open";
        case FileOp::close:
            return "close";
        case FileOp::write:
            return "write";
        case FileOp::sync:
            return "sync";
        case FileOp::truncate:
            return "truncate";
        case FileOp::allocate:
            return "allocate";
        case FileOp::rename:
            return "rename";
        case FileOp::link:
            return "link";
        case FileOp::unlink:
            return "unlink";
        case FileOp::make_directory:
            return "mkdir";
        case FileOp::unknown:
            return "unknown";
    }
    return "no call";
}

std::string all_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::string FileEvent::text() const {
    const bool paths = op != FileOp::write;
    return std::string(name_of(op)) + (phase == FilePhase::end ? " ended" : "") + " fd " +
           std::to_string(fd) + " " + std::to_string(a) + " " + std::to_string(b) + " " +
           (paths ? first + " " + second : std::to_string(first.size()) + " bytes");
}

std::vector<FileEvent> read_record(const std::string& path) {
    const std::string bytes = all_of(path);
    std::vector<FileEvent> events;
    std::map<std::uint64_t, std::int64_t> results;
    std::size_t at = 0;
    FileCallHeader header{};
    while (at + sizeof header <= bytes.size()) {
        std::memcpy(&header, bytes.data() + at, sizeof header);
        const std::size_t data = at + sizeof header;
        const std::size_t end = data + header.first_bytes + header.second_bytes;
        if (header.op < FileOp::open || header.op > FileOp::unknown) {
            throw std::runtime_error(path + " is no record at " + std::to_string(at));
        }
        if (end > bytes.size()) break;  // the process was killed while it wrote this
        at = end;
        if (header.phase == FilePhase::end) results[header.call] = header.result;
        if (header.phase == FilePhase::end && header.op != FileOp::sync) continue;
        events.push_back({header.op,
                          header.phase,
                          header.time_ns,
                          header.call,
                          header.fd,
                          header.a,
                          header.b,
                          bytes.substr(data, header.first_bytes),
                          bytes.substr(data + header.first_bytes, header.second_bytes),
                          {}});
    }
    for (FileEvent& event : events) {
        const auto found = results.find(event.call);
        if (found != results.end()) event.result = found->second;
    }
    std::erase_if(events, [](const FileEvent& event) {
        return event.op != FileOp::unknown && event.result && *event.result < 0;
    });
    return events;
}

}  // namespace zex::test
