#include "broker/shell/merge.h"

#include <algorithm>
#include <iterator>

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
    run.consumer = deliver.consumer;
    run.name = deliver.name;
    run.first_tag = deliver.first_tag;
    run.batch = deliver.batch;
    run.data = deliver.data;
}

void extend(DeliverRun& run, const core::Deliver& deliver, std::vector<core::Message>& messages) {
    for (std::size_t i = deliver.begin; i < deliver.end; ++i) {
        run.bytes += messages[i].bytes();
        run.messages.push_back(std::move(messages[i]));
    }
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
    auto run = std::find_if(runs_.begin(), runs_.end(), [&](const DeliverRun& open) {
        return open.consumer == deliver.consumer;
    });
    std::optional<DeliverRun> complete;
    if (run == runs_.end()) {
        run = runs_.emplace(runs_.end());
        start(*run, deliver);
    } else if (!continues(deliver, *run)) {
        complete = std::exchange(*run, DeliverRun{});
        start(*run, deliver);
    }
    extend(*run, deliver, messages);
    if (!complete && run->bytes >= most_bytes) {
        complete = std::move(*run);
        runs_.erase(run);
    }
    return complete;
}

}  // namespace zex::shell
