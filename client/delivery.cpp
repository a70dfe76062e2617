#include "client/delivery.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "client/message_fields.h"
#include "common/wire/properties.h"

namespace zex {
namespace {

/// Gives views into the frames as they are, and all others, which point into the decoder's
/// buffers, as a copy that the frame keeps. Neighbours often share a value: they share the copy.
class Keeper {
  public:
    explicit Keeper(DeliveryFactory::Frame& frame) : frame_(frame) {}

    std::string_view keep(std::string_view view) {
        if (view.empty() || is_in_frames(view)) return view;
        if (view.data() != source_.data() || view.size() != source_.size()) {
            source_ = view;
            copy_ = frame_.copies.emplace_back(view);
        }
        return copy_;
    }

  private:
    bool is_in_frames(std::string_view view) const {
        const std::less_equal<const char*> not_after;
        for (const net::Frame& frame : frame_.frames) {
            const std::string_view bytes = frame.view();
            if (not_after(bytes.data(), view.data()) &&
                not_after(view.data() + view.size(), bytes.data() + bytes.size())) {
                return true;
            }
        }
        return false;
    }

    DeliveryFactory::Frame& frame_;
    std::string_view source_;
    std::string_view copy_;
};

bool same_view(std::string_view a, std::string_view b) {
    return a.data() == b.data() && a.size() == b.size();
}

bool same_heading(const wire::DeliverEntry& a, const wire::DeliverEntry& b) {
    return same_view(a.exchange, b.exchange) && same_view(a.key, b.key) &&
           same_view(a.common, b.common) && same_view(a.own, b.own) && a.deliveries == b.deliveries;
}

void keep_headings(DeliveryFactory::Frame& frame, const std::vector<wire::DeliverEntry>& entries) {
    Keeper exchange(frame);
    Keeper key(frame);
    Keeper common(frame);
    Keeper own(frame);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const wire::DeliverEntry& entry = entries[i];
        if (i > 0 && same_heading(entry, entries[i - 1])) continue;
        frame.headings.push_back({static_cast<std::uint32_t>(i), entry.deliveries,
                                  exchange.keep(entry.exchange), key.keep(entry.key),
                                  common.keep(entry.common), own.keep(entry.own)});
    }
}

/// Payloads of a batch lie end to end in the body frame; others are put so in a copy.
void keep_payloads(DeliveryFactory::Frame& frame, const std::vector<wire::DeliverEntry>& entries) {
    bool end_to_end = true;
    std::size_t end = 0;
    frame.ends.reserve(entries.size());
    const char* const begin = entries.empty() ? nullptr : entries.front().payload.data();
    for (const wire::DeliverEntry& entry : entries) {
        end_to_end &= entry.payload.empty() || entry.payload.data() == begin + end;
        end += entry.payload.size();
        frame.ends.push_back(static_cast<std::uint32_t>(end));
    }
    if (end_to_end) {
        frame.payloads = Keeper(frame).keep({begin, end}).data();
        return;
    }
    std::string& copy = frame.copies.emplace_back();
    copy.reserve(end);
    for (const wire::DeliverEntry& entry : entries) copy += entry.payload;
    frame.payloads = copy.data();
}

std::string_view text_field(const DeliveryFactory::Frame::Heading& entry, std::string_view name) {
    if (const auto own = wire::find_text(entry.own, name)) return *own;
    return wire::find_text(entry.common, name).value_or(std::string_view());
}

}  // namespace

const Delivery::Frame::Heading& Delivery::Frame::heading(std::size_t index) const {
    if (headings.size() == 1) return headings.front();
    if (headings.size() == size()) return headings[index];
    const auto after = std::upper_bound(
        headings.begin(), headings.end(), index,
        [](std::size_t wanted, const Heading& heading) { return wanted < heading.first; });
    return *std::prev(after);
}

std::shared_ptr<const DeliveryFactory::Frame> DeliveryFactory::frame(
    std::vector<net::Frame> frames, const wire::Deliver& deliver, std::uint64_t generation,
    std::shared_ptr<SettleBuffer> settles) {
    auto out = std::make_shared<Frame>();
    out->frames = std::move(frames);
    out->first_tag = deliver.first_tag;
    out->generation = generation;
    out->settles = std::move(settles);
    keep_headings(*out, deliver.messages);
    keep_payloads(*out, deliver.messages);
    return out;
}

Delivery DeliveryFactory::delivery(std::shared_ptr<const Frame> frame, std::size_t index) {
    Delivery out;
    out.frame_ = std::move(frame);
    out.index_ = index;
    return out;
}

Deliveries DeliveryFactory::deliveries(std::shared_ptr<const Frame> frame, std::size_t first,
                                       std::size_t last) {
    Deliveries out;
    out.first_ = delivery(std::move(frame), first);
    out.size_ = last - first;
    return out;
}

std::string_view Delivery::exchange() const {
    return frame_->heading(index_).exchange;
}
std::string_view Delivery::key() const {
    return frame_->heading(index_).key;
}
std::string_view Delivery::bytes() const {
    return frame_->payload(index_);
}
std::uint32_t Delivery::deliveries() const {
    return frame_->heading(index_).deliveries;
}
std::uint64_t Delivery::tag() const {
    return frame_->first_tag + index_;
}

std::string_view Delivery::type() const {
    return text_field(frame_->heading(index_), "type");
}
std::string_view Delivery::version() const {
    return text_field(frame_->heading(index_), "version");
}
std::string_view Delivery::content_type() const {
    return text_field(frame_->heading(index_), "content_type");
}
std::string_view Delivery::message_id() const {
    return text_field(frame_->heading(index_), "message_id");
}
std::string_view Delivery::correlation_id() const {
    return text_field(frame_->heading(index_), "correlation_id");
}
std::string_view Delivery::reply_to() const {
    return text_field(frame_->heading(index_), "reply_to");
}

Payload Delivery::payload() const {
    return {std::string(type()), std::string(version()), std::string(content_type()),
            std::string(bytes())};
}

std::optional<std::int64_t> Delivery::timestamp_ms() const {
    const Frame::Heading& entry = frame_->heading(index_);
    return number_field(entry.common, entry.own, "timestamp");
}

Message Delivery::message() const {
    const Frame::Heading& entry = frame_->heading(index_);
    wire::DeliverEntry whole;
    whole.common = entry.common;
    whole.own = entry.own;
    whole.payload = bytes();
    return message_of(whole);
}

nlohmann::json Delivery::headers() const {
    const Frame::Heading& entry = frame_->heading(index_);
    auto found = wire::find_value(entry.own, "headers");
    if (!found) found = wire::find_value(entry.common, "headers");
    if (!found) return nlohmann::json::object();
    return nlohmann::json::parse(wire::json_text(*found), nullptr, false);
}

nlohmann::json Delivery::properties() const {
    const Frame::Heading& entry = frame_->heading(index_);
    return fields_object(entry.common, entry.own);
}

Status Delivery::ack() const {
    return DeliveryFactory::settle(*this, wire::Settlement::ack);
}
Status Delivery::ack_up_to() const {
    return DeliveryFactory::settle(*this, wire::Settlement::ack, true);
}
Status Delivery::requeue() const {
    return DeliveryFactory::settle(*this, wire::Settlement::requeue);
}
Status Delivery::reject() const {
    return DeliveryFactory::settle(*this, wire::Settlement::reject);
}

Status Deliveries::ack() const {
    return DeliveryFactory::settle(*this, wire::Settlement::ack);
}
Status Deliveries::requeue() const {
    return DeliveryFactory::settle(*this, wire::Settlement::requeue);
}
Status Deliveries::reject() const {
    return DeliveryFactory::settle(*this, wire::Settlement::reject);
}

Status DeliveryFactory::settle(const Deliveries& deliveries, wire::Settlement action) {
    if (deliveries.empty()) return {};
    const Frame& frame = *deliveries.first_.frame_;
    if (frame.settles == nullptr) return {};
    const std::uint64_t tag = deliveries.first_.tag();
    return frame.settles->settle(frame.generation, {tag, tag + deliveries.size() - 1}, action);
}

Status DeliveryFactory::give_back(const Delivery& delivery) {
    const Frame& frame = *delivery.frame_;
    if (frame.settles == nullptr) return {};
    const std::uint64_t tag = delivery.tag();
    return frame.settles->add(frame.generation, {tag, tag}, wire::Settlement::requeue);
}

Status DeliveryFactory::settle(const Delivery& delivery, wire::Settlement action, bool up_to) {
    const Frame& frame = *delivery.frame_;
    if (frame.settles == nullptr) return {};
    const std::uint64_t tag = delivery.tag();
    return frame.settles->settle(frame.generation, {tag, tag}, action, up_to);
}

}  // namespace zex
