#include "broker/core/consumer.h"

#include <utility>

#include "broker/core/limits.h"
#include "broker/core/session.h"

namespace zex::core {

Consumer::Consumer(ConsumerId id_, std::string name_, Session& session_, Queue& queue_,
                   const ConsumerOptions& options_)
    : id(id_), name(std::move(name_)), session(session_), queue(&queue_), options(options_) {}

bool Consumer::has_credit() const {
    if (options.no_ack) return true;
    return unsettled.count() < options.credit && unsettled.bytes() < options.credit_bytes;
}

bool Consumer::has_burst_left() const {
    return burst_sent < burst_messages && burst_sent_bytes < burst_bytes;
}

bool Consumer::can_take() const {
    return queue != nullptr && session.connection && !session.blocked && has_credit() &&
           has_burst_left();
}

}  // namespace zex::core
