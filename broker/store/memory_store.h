// The store without a disk: for tests, and to hold the contract of the dock against a second shape.
// What is written to a MemoryLog outlives the stores on it, as files outlive a broker.
//
// Thread: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/store/store.h"

namespace zex::store {

struct MemoryLog {
    std::map<std::uint32_t, std::string> segments;
    std::uint32_t next = 1;  ///< no segment from it on ever was
    std::uint64_t log_id = 1;
};

class MemoryStore final : public Store {
  public:
    explicit MemoryStore(MemoryLog& log) : log_(log) {}

    Result<log::Recovered> recover(const log::Progress& progress) override;
    std::uint64_t log_id() const override { return log_.log_id; }
    Status write(std::span<const log::Batch> batches) override;
    Status sync() override;
    log::Place written() const override { return written_; }
    log::Place synced() const override { return synced_; }
    Result<std::vector<log::StoredRecord>> read(std::span<const log::Place> places) override;
    Result<log::SegmentPiece> read_segment(log::Place from, std::size_t bytes_max) override;
    Status remove_before(std::uint32_t segment) override;
    Status cut(log::Place place) override;
    Status adopt(std::uint64_t log_id) override;
    Result<Space> space() override;
    Status reserve() override { return {}; }
    Status give_back() override { return sync(); }
    Status backup(const std::string& directory) override;  ///< an error: there are no files

  private:
    log::Recovered fold() const;
    void write_chunk(const log::Chunk& chunk);

    MemoryLog& log_;
    log::Place written_;
    log::Place synced_;
};

}  // namespace zex::store
