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

struct Recovery;

class LogStore final : public Store {
  public:
    struct Options {
        std::uint64_t segment_bytes = 64 << 20;  ///< as log::Appender::Bounds has it
        std::size_t reserve_segments = 2;        ///< one to go on with, one to compact with
        std::uint64_t new_log_id = 0;            ///< random, not 0; for a directory that is fresh
    };

    /// Nothing is touched before recover(). `disk` outlives it.
    LogStore(Disk& disk, std::string directory, Options options);

    Result<log::Recovered> recover(const log::Progress& progress) override;
    std::uint64_t log_id() const override { return log_id_; }
    Status write(std::span<const log::Batch> batches) override;
    Status sync() override;
    log::Place written() const override { return writer_->written(); }
    log::Place synced() const override { return writer_->synced(); }
    Result<std::vector<log::StoredRecord>> read(std::span<const log::Place> places) override;
    Result<log::SegmentPiece> read_segment(log::Place from, std::size_t bytes_max) override;
    Status remove_before(std::uint32_t segment) override;
    Status cut(log::Place place) override;
    Status adopt(std::uint64_t log_id) override;
    Result<Space> space() override;
    Status reserve() override;
    Status give_back() override;
    Status backup(const std::string& directory) override;

  private:
    Status take_directory();
    Status create(std::uint64_t log_id);
    Status settle_identity(const Recovery& recovery);
    Status sync_what_was_read(const Recovery& recovery);
    Status go_on(const Recovery& recovery);
    Status go_on_writing(const Recovery& recovery);
    Status write_chunks(std::span<const log::Batch> batches);
    Status write_chunk(const log::Chunk& chunk);
    void close(log::Place end);
    Status flush();
    Status sync_and_mark();
    Status remove_behind(std::uint32_t segment);
    log::Place last_synced() const;
    Status noted(Status status);

    Disk& disk_;
    const std::string directory_;
    const Options options_;
    std::unique_ptr<DirectoryLock> lock_;
    std::unique_ptr<DirectoryLock> lock_file_;
    std::uint64_t log_id_ = 0;
    std::optional<MarkFile> mark_;
    std::optional<SegmentWriter> writer_;
    std::optional<RecordReader> reader_;
    std::map<std::uint32_t, std::uint64_t> ends_;  ///< bytes that count in each closed segment
    log::Place last_closed_;                       ///< the end of the last one that ever was
    std::uint32_t first_ = 1;  ///< recovery does not miss the segments before it
    std::string gathered_;     ///< small chunks that will be written at once, at written()
    std::optional<Error> failed_;
};

}  // namespace zex::store
