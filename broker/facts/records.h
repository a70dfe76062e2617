// Facts in the order of their making, as records that have no place yet. Core writes them;
// broker/log places them.
//
// Thread: none of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "broker/facts/record.h"
#include "broker/facts/stored_message.h"
#include "broker/facts/topology_change.h"

namespace zex::facts {

class Records {
  public:
    void enqueued(std::uint64_t queue, std::uint64_t sequence, std::uint8_t flags,
                  const StoredMessage& message) {
        add_message(Kind::enqueued, queue, sequence, flags, message);
    }
    void relocated(std::uint64_t queue, std::uint64_t sequence, std::uint8_t flags,
                   const StoredMessage& message) {
        add_message(Kind::relocated, queue, sequence, flags, message);
    }
    /// Messages of these sequences, which are in rising order, are no longer there.
    void settled(std::uint64_t queue, std::span<const SequenceRange> ranges);
    void offered(std::uint64_t queue, std::uint64_t before);
    void progress(std::uint64_t queue, const Progress& progress);
    void topology(std::span<const TopologyChange> changes);
    /// Changes as append_to() made them, perhaps by a newer program.
    void raw_topology(std::string_view changes);
    /// A record as it was read, with other flags.
    void raw(const Header& header, std::string_view body);

    /// Those of another, and what it promises, behind these.
    void append(const Records& other);

    /// All of them are synced to the disk before they count as stored.
    void promise_sync() { sync_ = true; }
    /// All of them are synced so many milliseconds after they were written, or sooner.
    void promise_sync_within(std::uint64_t milliseconds);

    std::string_view bytes() const { return bytes_; }  ///< headers (without checksums) and bodies
    std::uint64_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    bool sync() const { return sync_; }
    std::optional<std::uint64_t> sync_within_ms() const { return sync_within_ms_; }
    void clear();

  private:
    void add_message(Kind kind, std::uint64_t queue, std::uint64_t sequence, std::uint8_t flags,
                     const StoredMessage& message);

    std::string bytes_;
    std::uint64_t count_ = 0;
    bool sync_ = false;
    std::optional<std::uint64_t> sync_within_ms_;
};

/// Calls visit(record bytes) for each record of a sequence of whole ones.
template <class Visit>
void each_record(std::string_view bytes, const Visit& visit) {
    while (!bytes.empty()) {
        const std::size_t size = unchecked_header(bytes).size;
        visit(bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
}

}  // namespace zex::facts
