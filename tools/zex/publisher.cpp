#include "tools/zex/publisher.h"

#include <chrono>
#include <cstdio>
#include <utility>

#include "tools/zex/duration.h"

namespace zex::tool {
namespace {

/// Most messages published and not confirmed: enough to keep broker and client busy.
constexpr std::size_t window = 50'000;

}  // namespace

void Tally::count(const Result<Confirmed>& outcome) {
    ++outcomes;
    if (outcome) {
        ++confirmed;
        if (outcome->queues == 0) ++unroutable;
        return;
    }
    ++(outcome.error().code == ErrorCode::unroutable ? unroutable : refused);
    if (first_error) return;
    first_error = outcome.error();
    first_error_at = outcomes;
}

std::string summary(const Tally& tally, double seconds) {
    char time[64];
    std::snprintf(time, sizeof time, " in %.1f s", seconds);
    std::string line = "published " + grouped(tally.published) +
                       (tally.published == 1 ? " message" : " messages") + time;
    if (tally.confirmed > 1 && seconds > 0.05) {
        const double rate = static_cast<double>(tally.confirmed) / seconds;
        line += " (" + grouped(static_cast<std::uint64_t>(rate)) + "/s)";
    }
    if (!tally.lost()) return line + (tally.published == 1 ? ", confirmed" : ", all confirmed");
    if (tally.published == 1) {
        return line + (tally.refused > 0 ? ": it was refused" : ": no queue took it");
    }
    line += ": " + grouped(tally.routed()) + " reached a queue";
    if (tally.unroutable > 0) line += ", " + grouped(tally.unroutable) + " reached none";
    if (tally.refused > 0) {
        line +=
            ", " + grouped(tally.refused) + (tally.refused == 1 ? " was" : " were") + " refused";
    }
    return line;
}

void Publisher::publish(const std::string& exchange, const std::string& key,
                        const Message& message) {
    unconfirmed_.push_back(client_.publish_async(exchange, key, message, options_));
    ++tally_.published;
    if (unconfirmed_.size() > window) take_front();
}

void Publisher::collect() {
    while (!unconfirmed_.empty() &&
           unconfirmed_.front().wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
        take_front();
    }
}

void Publisher::finish() {
    while (!unconfirmed_.empty()) take_front();
}

void Publisher::take_front() {
    tally_.count(unconfirmed_.front().get());
    unconfirmed_.pop_front();
}

}  // namespace zex::tool
