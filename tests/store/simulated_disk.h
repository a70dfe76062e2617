// A disk in memory that keeps apart what was written and what was synced, so that a test can stop
// the world at any call and see what a power cut may leave: nothing of what was not synced, all of
// it, any part of it in any order, or all but the rest of one write. It also fails on purpose.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "broker/store/disk.h"

namespace zex::test {

/// What a crash leaves of what was not synced.
enum class Crash : std::uint8_t {
    all_kept,
    unsynced_lost,
    unsynced_in_part,  ///< any sectors of any writes, any changes of names
    last_write_torn,   ///< all but the later sectors of the write that was being made
};
inline constexpr Crash crashes[] = {Crash::all_kept, Crash::unsynced_lost, Crash::unsynced_in_part,
                                    Crash::last_write_torn};

class SimulatedDisk final : public store::Disk {
  public:
    static constexpr std::size_t sector = 512;

    /// One change of a file's bytes: `bytes` at `offset`, or a new size.
    struct Change {
        bool is_resize = false;
        std::uint64_t offset = 0;  ///< or the new size
        std::string bytes;
    };
    struct Inode {
        std::string now;
        std::string synced;
        std::vector<Change> unsynced;
    };
    using Names = std::map<std::string, std::shared_ptr<Inode>>;
    /// One change of names: what vanishes and what appears.
    struct Renaming {
        std::string gone;
        std::string name;
        std::shared_ptr<Inode> inode;
        bool is_directory = false;
    };

    /// Called before each call that changes something, with its number and, for a write, its bytes.
    std::function<void(std::uint64_t call)> before_call;

    std::uint64_t calls() const { return calls_; }
    /// What a crash just before, or in the middle of, the present call leaves.
    std::unique_ptr<SimulatedDisk> after(Crash crash, std::uint64_t seed) const;
    /// What the end of the process leaves: all that was written, and what was not synced is as far
    /// from the disk as before.
    std::unique_ptr<SimulatedDisk> after_kill() const;
    /// From the call of this number on every call fails, as after a crash.
    void stop_at(std::uint64_t call) { stop_at_ = call; }
    bool stopped() const { return stop_at_ != 0 && calls_ >= stop_at_; }
    /// The call of this number fails, once. A failed sync forgets what it should have synced.
    void fail_at(std::uint64_t call, ErrorCode with) {
        fail_at_ = call;
        fail_with_ = with;
    }
    /// Of all calls, also those that only read: the one of this number fails, once.
    void fail_any_at(std::uint64_t call, ErrorCode with) {
        fail_any_at_ = all_calls_ + call;
        fail_any_with_ = with;
    }
    /// Asked before each call, with its name: the error that it fails with, if it is to fail.
    std::function<std::optional<ErrorCode>(const std::string& call)> fault;
    bool only_passing = false;  ///< fail_any_at() spares syncs, whose failures are final
    std::uint64_t all_calls() const { return all_calls_; }
    /// Reads give half of what was asked for, and less than a header of a record, now and then.
    bool short_reads = false;
    /// The next read of so many gives other bytes, once.
    void lie_at(std::uint64_t read) { lie_at_ = reads_ + read; }
    void set_capacity(std::uint64_t bytes) { capacity_ = bytes; }
    bool links = true;  ///< hard links work

    // For damage: the bytes of a file as they are. Requires that it exists.
    std::string& bytes(const std::string& path) { return names_.at(path)->now; }
    std::vector<std::string> files() const;
    bool has(const std::string& path) const {
        return names_.contains(path) || directories_.contains(path);
    }
    void erase(const std::string& path) { names_.erase(path); }
    bool writable = true;  ///< files can be made
    std::unique_ptr<SimulatedDisk> copy() const;

    Result<std::unique_ptr<store::File>> open(const std::string& path,
                                              store::Access access) override;
    Result<std::vector<store::DirectoryEntry>> list(const std::string& directory) override;
    Result<std::optional<store::EntryKind>> look(const std::string& path) override;
    Status check_writable(const std::string& directory) override;
    Status make_directory(const std::string& path) override;
    Status rename(const std::string& from, const std::string& to) override;
    Status remove(const std::string& path) override;
    Status link(const std::string& from, const std::string& to) override;
    Status sync_directory(const std::string& path) override;
    Result<std::unique_ptr<store::DirectoryLock>> lock(const std::string& directory) override;
    Result<std::unique_ptr<store::DirectoryLock>> lock_file(const std::string& path) override;
    Result<std::uint64_t> free_bytes(const std::string& directory) override;

  private:
    friend class SimulatedFile;
    friend class SimulatedLock;
    Status begin_call(const std::string& what, bool is_sync = false);
    Status begin_any(const std::string& what, bool is_sync = false);
    Result<std::unique_ptr<store::DirectoryLock>> lock_name(const std::string& path);
    std::uint64_t used() const;
    Status grow(Inode& inode, std::uint64_t size);
    void change_names(Renaming change);
    static void apply(std::string& bytes, const Change& change);
    static void keep_part(std::string& bytes, const Change& change, std::mt19937_64& random);
    static void apply(Names& names, std::set<std::string>& directories, const Renaming& change);

    Names names_;
    std::set<std::string> directories_;
    Names synced_names_;
    std::set<std::string> synced_directories_;
    std::vector<Renaming> unsynced_names_;
    std::set<std::string> locks_;
    std::uint64_t calls_ = 0;
    std::uint64_t stop_at_ = 0;
    std::uint64_t fail_at_ = 0;
    ErrorCode fail_with_ = ErrorCode::storage_failed;
    std::uint64_t all_calls_ = 0;
    std::uint64_t fail_any_at_ = 0;
    ErrorCode fail_any_with_ = ErrorCode::disk_error;
    std::uint64_t reads_ = 0;
    std::uint64_t lie_at_ = 0;
    std::uint64_t capacity_ = UINT64_MAX;
    const Change* writing_ = nullptr;  ///< the write that is being made
    const Inode* writing_to_ = nullptr;
};

}  // namespace zex::test
