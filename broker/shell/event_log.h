// What the broker says about itself as it runs: sessions that come and go (those of the tool zex
// at debug), input that it refused, what was purged or deleted, messages that reached no queue.
//
// Thread: the broker thread.
// Invariants: a peer brings about at most one line a second for each kind of error, and all peers
// that are cut one for each reason; what is left out is counted (see Gate::counters).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <zex/result.hpp>

#include "broker/core/core.h"
#include "broker/core/effect.h"
#include "broker/log/recovered.h"
#include "broker/shell/connections.h"
#include "broker/shell/log.h"
#include "broker/shell/loss_log.h"
#include "common/base/time.h"

namespace zex::shell {

/// What an operation would remove; looked at before it is applied, and compared after.
struct Removal {
    std::string_view event;  ///< "queue purged"
    std::string_view noun;   ///< "queue" or "exchange"
    std::string name;
    std::uint64_t messages = 0;
    bool purge = false;

    /// Nothing where the operation removes nothing.
    static std::optional<Removal> of(const wire::Operation& operation, const core::Core& core);
    bool happened(const core::Core& core) const;
};

class EventLog {
  public:
    explicit EventLog(Log log) : log_(std::move(log)) {}

    void listening(const std::string& endpoint);
    void welcomed(const Connection& connection, const wire::Welcome& welcome,
                  const core::Core& core);
    void suspended(const Connection& connection, std::string_view why, const core::Core& core);
    void hung_up(const Connection& connection, const core::Core& core);
    void refused(const Connection& connection, const Error& error, Instant now);
    void cut(std::string_view peer, std::string_view why, Instant now);
    void removed(const Connection& connection, const Removal& removal);
    void lost(const core::Loss& loss, Instant now) { losses_.add(loss, now); }
    void operation(const Connection& connection, const wire::Request& request);
    void recovered(const std::string& directory, const log::Recovered& recovered);
    void damaged(const core::ReportDamage& damage);
    void storage_changed(const std::optional<Error>& refuses);
    void store_trouble(const Error& error);
    void backed_up(const std::string& directory, const Status& status);
    void storage_failed(const Error& error);
    void stopping();
    void stopped(const core::Core& core);

    /// When something gathered is to be written.
    std::optional<Instant> next_deadline() const { return losses_.next_deadline(); }
    void write_due(Instant now) { losses_.write_due(log_, now); }

    /// Says which of the suspended sessions are over.
    void look_for_ended(const core::Core& core);

  private:
    static constexpr std::size_t remembered_refusals = 4096;

    Log log_;
    LossLog losses_;
    struct Suspended {
        std::string name;
        bool tool = false;
    };
    std::map<SessionId, Suspended> suspended_;
    std::uint64_t ended_seen_ = 0;
    std::map<std::pair<ConnectionId, ErrorCode>, Instant> refusals_;
    std::map<std::string_view, Instant> cuts_;  ///< by why; the views are constants
};

}  // namespace zex::shell
