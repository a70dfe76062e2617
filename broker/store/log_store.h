// The store on a disk: docs/storage.md has its files, and why they are as they are.
//
// Thread: the store's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "broker/store/disk.h"
#include "broker/store/mark_file.h"
#include "broker/store/record_reader.h"
#include "broker/store/segment_writer.h"
#include "broker/store/store.h"

namespace zex::store {

class LogStore final : public Store {
  public:
    struct Options {
        std::uint64_t segment_bytes = 64 << 20;  ///< as facts::Tape::Bounds has it
        std::size_t reserve_segments = 2;        ///< one to go on with, one to clean with
        std::uint64_t new_log_id = 0;            ///< random, not 0; for a directory that is fresh
    };

    /// Nothing is touched before recover(). `disk` outlives it.
    LogStore(Disk& disk, std::string directory, Options options);

    Result<Recovered> recover(const Progress& progress) override;
    Status write(std::span<facts::Batch> batches) override;
    Status sync() override;
    facts::Place written() const override;
    facts::Place synced() const override;
    Status reserve() override;
    Reserve reserved() const override;
    Result<std::uint64_t> free_bytes() const override;
    std::vector<StoredRecord> read(std::span<const facts::Place> places) override;
    Result<SegmentPiece> read_segment(facts::Place from, std::size_t bytes_max) override;
    Status remove_before(std::uint32_t segment) override;
    Status backup(const std::string& directory) override;
    Result<Verified> verify(const Progress& progress) override;

  private:
    Status make_directory();
    Status create(const Identity& identity);
    Status go_on(const struct Recovery& recovery);
    Status write_pieces(std::span<facts::Batch> batches);
    Status write_piece(facts::Piece& piece);
    Status flush();
    Status sync_and_mark();
    Status noted(Status status);

    Disk& disk_;
    const std::string directory_;
    const Options options_;
    std::unique_ptr<DirectoryLock> lock_;
    std::uint64_t log_id_ = 0;
    std::optional<MarkFile> mark_;
    std::optional<SegmentWriter> writer_;
    std::optional<RecordReader> reader_;
    std::map<std::uint32_t, std::uint64_t> ends_;  ///< bytes that count in each closed segment
    std::string gathered_;  ///< small pieces that will be written at once, at written()
    std::optional<Error> failed_;
};

}  // namespace zex::store
