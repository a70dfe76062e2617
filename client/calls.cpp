#include "client/calls.h"

#include <vector>

namespace zex {
namespace {

template <class... Ops>
bool is_one_of(const wire::Operation& operation) {
    return (std::holds_alternative<Ops>(operation) || ...);
}

bool changes(bool internal, const wire::Operation& operation) {
    return !internal &&
           is_one_of<wire::DeclareExchange, wire::DeleteExchange, wire::DeclareQueue,
                     wire::DeleteQueue, wire::Bind, wire::Unbind, wire::Consume, wire::Cancel>(
               operation);
}

}  // namespace

void Calls::add(std::uint64_t id, Call call, bool internal) {
    deadlines_.emplace(call.deadline, id);
    changing_ += changes(internal, call.operation) ? 1 : 0;
    sent_.emplace(id, Sent{std::move(call), internal, false});
}

std::optional<Calls::Sent> Calls::take(std::uint64_t id) {
    const auto found = sent_.find(id);
    if (found == sent_.end()) return std::nullopt;
    Sent out = std::move(found->second);
    deadlines_.erase({out.call.deadline, id});
    changing_ -= changes(out.internal, out.call.operation) ? 1 : 0;
    sent_.erase(found);
    return out;
}

void Calls::expire(Instant now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const std::optional<Sent> late = take(deadlines_.begin()->second);
        late->call.answered(not_answered(late->call.timeout, operation_name(late->call.operation)));
    }
}

void Calls::fail_all(const Error& why) {
    while (!sent_.empty()) {
        const std::optional<Sent> call = take(sent_.begin()->first);
        call->call.answered(why);
    }
}

void Calls::drop_internal() {
    std::vector<std::uint64_t> ids;
    for (const auto& [id, sent] : sent_) {
        if (sent.internal) ids.push_back(id);
    }
    for (std::uint64_t id : ids) take(id);
}

std::optional<Instant> Calls::next_deadline() const {
    if (deadlines_.empty()) return std::nullopt;
    return deadlines_.begin()->first;
}

}  // namespace zex
