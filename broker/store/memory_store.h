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
    std::uint32_t last = 0;  ///< the highest segment that ever was
};

class MemoryStore final : public Store {
  public:
    explicit MemoryStore(MemoryLog& log) : log_(log) {}

    Result<Recovered> recover(const Progress& progress) override;
    Status write(std::span<facts::Batch> batches) override;
    Status sync() override;
    facts::Place written() const override { return written_; }
    facts::Place synced() const override { return synced_; }
    Status reserve() override { return {}; }
    Reserve reserved() const override { return {}; }
    Result<std::uint64_t> free_bytes() const override { return UINT64_MAX; }
    std::vector<StoredRecord> read(std::span<const facts::Place> places) override;
    Result<SegmentPiece> read_segment(facts::Place from, std::size_t bytes_max) override;
    Status remove_before(std::uint32_t segment) override;
    Status backup(const std::string& directory) override;  ///< an error: there are no files
    Result<Verified> verify(const Progress& progress) override;

  private:
    Recovered fold() const;

    MemoryLog& log_;
    facts::Place written_;
    facts::Place synced_;
};

}  // namespace zex::store
