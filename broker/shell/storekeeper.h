// The broker thread's side of the store: gives the store thread what the core laid out on the tape
// and asked for, and turns what it tells into commands.
//
// Thread: the broker thread.
// Invariants: until the log is read there is no tape, and nothing durable can be said.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <zex/result.hpp>

#include "broker/core/command.h"
#include "broker/core/effect.h"
#include "broker/shell/store_thread.h"
#include "broker/store/posix_disk.h"
#include "broker/store/recovered.h"
#include "common/net/wakeup.h"

namespace zex::shell {

class Storekeeper {
  public:
    struct Options {
        std::string directory;
        std::uint32_t segment_bytes = 64 << 20;
        std::uint64_t free_bytes_min = 0;  ///< less on the disk: durable messages are refused
        bool fresh = false;  ///< there is no log yet: an error where there is one after all
    };

    /// Locks the directory and begins to read its log; take() tells how that went. `bell` must
    /// outlive this.
    Storekeeper(Options options, const net::Wakeup& bell);

    /// What the store thread has told since the last call, in order.
    std::vector<StoreEvent> take();

    static core::Restored restored_from(const store::Recovered& recovered);

    /// The views in it point into `done`.
    static core::Loaded loaded_from(const ReadDone& done);

    void load(core::Load&& load);
    void remove(const core::RemoveSegment& removal);
    void backup(BackupJob job);
    void write(facts::Tape& tape);  ///< what is on it, if anything is
    void finish(Duration longest) { thread_.finish(longest); }

    std::uint64_t recovered_bytes() const { return thread_.recovered_bytes(); }
    std::uint64_t recovery_bytes() const { return thread_.recovery_bytes(); }

  private:
    const Options options_;
    store::PosixDisk disk_;
    StoreThread thread_;
};

}  // namespace zex::shell
