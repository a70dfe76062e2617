#include "broker/shell/loss_log.h"

#include <string_view>

namespace zex::shell {
namespace {

using core::Loss;
using Level = Log::Level;

std::string_view reason_of(Loss::Why why) {
    switch (why) {
        case Loss::Why::unroutable:
            return "unroutable";
        case Loss::Why::queue_full:
            return "queue_full";
        case Loss::Why::memory_full:
            return "memory_full";
        case Loss::Why::storage:
            return "storage";
        case Loss::Why::overflow:
            return "overflow";
        case Loss::Why::no_exchange:
            return "no_such_exchange";
    }
    return "unknown";
}

std::string_view event_of(Loss::Why why) {
    if (why == Loss::Why::unroutable) return "messages were taken by no queue";
    if (why == Loss::Why::overflow) return "messages were dropped from a full queue";
    return "messages were refused";
}

}  // namespace

void LossLog::add(const Loss& loss, Instant now) {
    if (!due_) due_ = now + interval;
    const bool of_queue = !loss.queue.empty();
    const Subject subject{loss.why, std::string(of_queue ? loss.queue : loss.exchange)};
    const auto found = gathered_.find(subject);
    if (found != gathered_.end()) {
        found->second.count += loss.count;
    } else if (gathered_.size() < names_max) {
        gathered_[subject] = {std::string(loss.key), std::string(loss.exchange), loss.count};
    } else {
        others_ += loss.count;
    }
}

void LossLog::write_due(Log& log, Instant now) {
    if (due_ && now >= *due_) write(log);
}

void LossLog::write(Log& log) {
    for (const auto& [subject, what] : gathered_) {
        const auto& [why, name] = subject;
        const bool of_queue = why == Loss::Why::queue_full || why == Loss::Why::overflow;
        const Level level = why == Loss::Why::unroutable ? Level::info : Level::warn;
        if (of_queue) {
            log.write(level, event_of(why),
                      {{"reason", reason_of(why)},
                       {"messages", what.count},
                       {"queue", name},
                       {"exchange", what.exchange},
                       {"key", what.key}});
        } else {
            log.write(level, event_of(why),
                      {{"reason", reason_of(why)},
                       {"messages", what.count},
                       {"exchange", what.exchange},
                       {"key", what.key}});
        }
    }
    if (others_ > 0) {
        log.write(Level::warn, "messages were refused, dropped or taken by no queue elsewhere",
                  {{"messages", others_}});
    }
    gathered_.clear();
    others_ = 0;
    due_.reset();
}

}  // namespace zex::shell
