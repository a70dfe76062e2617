// What the broker says about itself as it runs: sessions that come and go, input that it refused.
//
// Thread: the broker thread.
// Invariants: a peer brings about at most one line a second for each kind of error, and all peers
// that are cut one for each reason; what is left out is counted (see Gate::counters).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <zex/result.hpp>

#include "broker/core/core.h"
#include "broker/core/effect.h"
#include "broker/shell/connections.h"
#include "broker/shell/log.h"
#include "broker/store/recovered.h"
#include "common/base/time.h"

namespace zex::shell {

class Journal {
  public:
    explicit Journal(Log log) : log_(std::move(log)) {}

    void listening(const std::string& endpoint);
    void welcomed(const Connection& connection, const wire::Welcome& welcome,
                  const core::Core& core);
    void suspended(const Connection& connection, std::string_view why, const core::Core& core);
    void hung_up(const Connection& connection, const core::Core& core);
    void refused(const Connection& connection, const Error& error, Instant now);
    void cut(std::string_view peer, std::string_view why, Instant now);
    void operation(const Connection& connection, const wire::Request& request);
    void recovered(const std::string& directory, const store::Recovered& recovered);
    void damaged(const core::ReportDamage& damage);
    void storage_changed(const std::optional<Error>& refuses);
    void backed_up(const std::string& directory, const Status& status);
    void storage_failed(const Error& error);
    void stopping();
    void stopped(const core::Core& core);

    /// Says which of the suspended sessions are over.
    void look_for_ended(const core::Core& core);

  private:
    static constexpr std::size_t remembered_refusals = 4096;

    Log log_;
    std::map<SessionId, std::string> suspended_;
    std::uint64_t ended_seen_ = 0;
    std::map<std::pair<ConnectionId, ErrorCode>, Instant> refusals_;
    std::map<std::string_view, Instant> cuts_;  ///< by why; the views are constants
};

}  // namespace zex::shell
