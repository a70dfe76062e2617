#include "broker/shell/merge.h"

#include <cstddef>
#include <iterator>
#include <utility>

namespace zex::shell {
namespace {

bool continues(const core::Confirm& next, const core::Confirm& open) {
    return next.mergeable && open.mergeable && next.queues == open.queues &&
           next.first_id == open.first_id + open.count;
}

bool continues(const core::Deliver& next, const DeliverRun& open) {
    return next.batch == open.batch && next.data == open.data &&
           next.first_tag == open.first_tag + open.messages.size();
}

void start(DeliverRun& run, const core::Deliver& deliver) {
    run.name = deliver.name;
    run.first_tag = deliver.first_tag;
    run.batch = deliver.batch;
    run.data = deliver.data;
}

void extend(DeliverRun& run, const core::Deliver& deliver, std::vector<core::Message>& messages) {
    const auto begin = messages.begin() + static_cast<std::ptrdiff_t>(deliver.begin);
    const auto end = messages.begin() + static_cast<std::ptrdiff_t>(deliver.end);
    for (auto message = begin; message != end; ++message) run.bytes += message->bytes();
    run.messages.insert(run.messages.end(), std::make_move_iterator(begin),
                        std::make_move_iterator(end));
}

}  // namespace

std::optional<core::Confirm> Merge::add(const core::Confirm& confirm) {
    if (confirm_ && continues(confirm, *confirm_)) {
        confirm_->count += confirm.count;
        return std::nullopt;
    }
    return std::exchange(confirm_, confirm);
}

std::optional<DeliverRun> Merge::add(const core::Deliver& deliver,
                                     std::vector<core::Message>& messages,
                                     std::uint64_t most_bytes) {
    DeliverRun& run = run_of(deliver);
    std::optional<DeliverRun> complete;
    if (run.messages.empty()) {
        start(run, deliver);
    } else if (!continues(deliver, run)) {
        complete = std::exchange(run, DeliverRun{});
        start(run, deliver);
    }
    extend(run, deliver, messages);
    if (!complete && run.bytes >= most_bytes) complete = std::exchange(run, DeliverRun{});
    return complete;
}

/// The consumer's run, which is empty where it is new or was complete before.
DeliverRun& Merge::run_of(const core::Deliver& deliver) {
    if (const auto found = index_.find(deliver.consumer)) return runs_[*found];
    index_.add(deliver.consumer);
    return runs_.emplace_back();
}

std::vector<DeliverRun> Merge::take_runs() {
    index_.clear();
    return std::exchange(runs_, {});
}

}  // namespace zex::shell
