// Changes records of a log as a bug, a bad page or another version of the broker would have, and
// makes their checksums good again where asked to. Knows of the format what docs/storage.md says of
// headers and checksums, and finds records by their mark.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace zex::test {

struct RawRecord {
    std::string file;  ///< its path
    std::uint32_t segment = 0;
    std::uint64_t offset = 0;
    std::uint8_t kind = 0;
    std::string bytes;  ///< with its header of 40 bytes

    std::string_view body() const { return std::string_view(bytes).substr(40); }
};

inline constexpr std::uint8_t topology_record = 5;

class LogSurgeon {
  public:
    explicit LogSurgeon(std::string data_directory);

    /// All good records, in the order of the log.
    std::vector<RawRecord> records() const;

    /// Writes zeros over a record.
    void wipe(const RawRecord& record) const;
    /// Writes a record in its place with another body of the same size, and a good checksum.
    void replace_body(const RawRecord& record, std::string_view body) const;
    /// Writes records behind one another from the place of `first` on, each with its kind and body
    /// and a good checksum. What stood there is overwritten, and zeros follow.
    struct Made {
        std::uint8_t kind = topology_record;
        std::string body;
    };
    void write_from(const RawRecord& first, const std::vector<Made>& records) const;

    /// Whether a text stands anywhere in the log's files.
    bool contains(std::string_view text) const;

  private:
    std::string sealed(std::string bytes, std::uint32_t segment, std::uint64_t offset) const;
    bool is_good(std::string_view bytes, std::uint32_t segment, std::uint64_t offset) const;

    const std::string directory_;
    std::uint64_t log_id_ = 0;
};

}  // namespace zex::test
