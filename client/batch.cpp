#include "client/batch.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "client/publish_tally.h"
#include "common/wire/properties.h"

namespace zex {
namespace {

std::string pack_common(const Payload& payload) {
    wire::PropertiesWriter out;
    if (!payload.type.empty()) out.text("type", payload.type);
    if (!payload.version.empty()) out.text("version", payload.version);
    if (!payload.content_type.empty()) out.text("content_type", payload.content_type);
    return out.empty() ? std::string() : out.take();
}

}  // namespace

Batch::Batch(const BatchTerms& terms, const Message& message, Instant now)
    : exchange_(terms.exchange),
      mandatory_(terms.mandatory),
      confirmed_(terms.confirmed),
      tally_(terms.tally != nullptr ? terms.tally->shared_from_this() : nullptr),
      first_number_(terms.tally != nullptr ? terms.tally->published() + 1 : 0),
      timeout_(terms.timeout),
      deadline_(now + terms.timeout),
      type_(message.payload.type),
      version_(message.payload.version),
      content_type_(message.payload.content_type),
      common_(pack_common(message.payload)) {}

void Batch::reserve(std::size_t messages, BlockRef body) {
    entries_.reserve(messages);
    body_ = std::move(body);
}

bool Batch::takes(const BatchTerms& terms, const Message& message,
                  const BatchLimits& limits) const {
    const std::size_t bytes = message.payload.bytes.size();
    return entries_.size() < limits.messages && bytes <= limits.message_bytes &&
           body_used_ + bytes <= limits.bytes && texts_.size() < 4 * limits.bytes &&
           terms.confirmed == confirmed_ && terms.tally == tally_.get() &&
           terms.mandatory == mandatory_ && terms.timeout == timeout_ &&
           terms.exchange == exchange_ && message.payload.type == type_ &&
           message.payload.version == version_ && message.payload.content_type == content_type_;
}

std::size_t Batch::add(std::string_view key, const Message& message, std::string_view own) {
    const std::size_t texts_before = texts_.size();
    Entry entry;
    if (!entries_.empty() && last_key() == key) {
        entry.key_at = entries_.back().key_at;
    } else {
        entry.key_at = static_cast<std::uint32_t>(texts_.size());
        texts_ += key;
    }
    entry.key_size = static_cast<std::uint32_t>(key.size());
    entry.own_at = static_cast<std::uint32_t>(texts_.size());
    entry.own_size = static_cast<std::uint32_t>(own.size());
    texts_ += own;
    entry.body_at = static_cast<std::uint32_t>(body_used_);
    entry.body_size = static_cast<std::uint32_t>(message.payload.bytes.size());
    append_body(message.payload.bytes);
    entries_.push_back(entry);
    ++unsettled_;
    return message.payload.bytes.size() + texts_.size() - texts_before + entry_cost;
}

std::future<Result<Confirmed>> Batch::add_promise() {
    return promises_.emplace_back().get_future();
}

// The block grows by doubling, so that a batch of one small message stays small.
void Batch::append_body(std::string_view bytes) {
    const std::size_t needed = body_used_ + bytes.size();
    const std::size_t room = body_ ? body_->size() : 0;
    if (needed > room) {
        const std::size_t size = body_ ? std::max(2 * room, needed) : needed;
        BlockRef grown = BlockRef::allocate(size);
        if (body_used_ > 0) std::memcpy(grown->data(), body_->data(), body_used_);
        body_ = std::move(grown);
    }
    if (!bytes.empty()) std::memcpy(body_->data() + body_used_, bytes.data(), bytes.size());
    body_used_ = needed;
}

wire::Publish Batch::publish(std::size_t first, std::size_t count) const {
    wire::Publish out;
    out.exchange = exchange_;
    out.common = common_;
    out.mandatory = mandatory_;
    out.batch = count > 1;
    out.messages.reserve(count);
    for (std::size_t i = first; i < first + count; ++i) {
        const Entry& entry = entries_[i];
        out.messages.push_back({text(entry.key_at, entry.key_size), entry.body_size,
                                text(entry.own_at, entry.own_size)});
    }
    return out;
}

Slice Batch::body(std::size_t first, std::size_t count) const {
    const Entry& last = entries_[first + count - 1];
    const std::size_t begin = entries_[first].body_at;
    const std::size_t size = last.body_at + last.body_size - begin;
    if (size == 0) return {};
    return {body_, std::string_view(body_->data() + begin, size)};
}

void Batch::tell(std::size_t first, std::size_t count, const Result<Confirmed>& outcome) {
    if (tally_ != nullptr) return tally_->settle(first_number_ + first, count, outcome);
    for (std::size_t i = first; i < first + count; ++i) promises_[i].set_value(outcome);
}

std::size_t Batch::settle(std::size_t first, std::size_t count, const Result<Confirmed>& outcome) {
    const std::size_t end = std::min(first + count, entries_.size());
    if (first == 0 && end == entries_.size() && settled_.empty()) {
        settled_.assign(entries_.size(), true);
        unsettled_ = 0;
        tell(0, end, outcome);
        return end;
    }
    if (settled_.empty()) settled_.resize(entries_.size());
    std::size_t news = 0;
    for (std::size_t i = first; i < end;) {
        std::size_t run = 0;
        for (; i + run < end && !settled_[i + run]; ++run) settled_[i + run] = true;
        if (run > 0) tell(i, run, outcome);
        news += run;
        i += std::max<std::size_t>(run, 1);
    }
    unsettled_ -= news;
    return news;
}

std::size_t Batch::unsettled_from(std::size_t first) const {
    std::size_t end = first;
    while (end < entries_.size() && (settled_.empty() || !settled_[end])) ++end;
    return end - first;
}

std::vector<std::pair<std::size_t, std::size_t>> Batch::unsettled_stretches() const {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    for (std::size_t i = 0; i < entries_.size();) {
        const std::size_t count = unsettled_from(i);
        if (count > 0) out.emplace_back(i, count);
        i += std::max<std::size_t>(count, 1);
    }
    return out;
}

}  // namespace zex
