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
    std::string line = "published " + std::to_string(tally.published) +
                       (tally.published == 1 ? " message, " : " messages, ") +
                       std::to_string(tally.confirmed) + " confirmed, " +
                       std::to_string(tally.unroutable) + " unroutable";
    if (tally.refused > 0) line += ", " + std::to_string(tally.refused) + " refused";
    line += time;
    if (tally.confirmed > 1 && seconds > 0.05) {
        const double rate = static_cast<double>(tally.confirmed) / seconds;
        line += " (" + grouped(static_cast<std::uint64_t>(rate)) + "/s)";
    }
    return line;
}

Publisher::Publisher(Client& client, std::string exchange, std::string key, PublishOptions options)
    : client_(client), exchange_(std::move(exchange)), key_(std::move(key)), options_(options) {}

void Publisher::publish(const Message& message) {
    unconfirmed_.push_back(client_.publish_async(exchange_, key_, message, options_));
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
