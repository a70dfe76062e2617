#include "client/delivery.h"

#include <functional>
#include <utility>

#include <nlohmann/json.hpp>

#include "client/message_fields.h"
#include "common/wire/properties.h"

namespace zex {
namespace {

/// Points one member of the entries, where it points into the decoder's buffers, to a copy that
/// the frame keeps. Neighbours often share a value: they share the copy.
class Keeper {
  public:
    explicit Keeper(DeliveryFactory::Frame& frame) : frame_(frame) {}

    void keep(std::string_view& view) {
        if (view.empty() || is_in_frames(view)) return;
        if (view.data() != source_.data() || view.size() != source_.size()) {
            source_ = view;
            copy_ = frame_.copies.emplace_back(view);
        }
        view = copy_;
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

std::string_view text_field(const wire::DeliverEntry& entry, std::string_view name) {
    if (const auto own = wire::find_text(entry.own, name)) return *own;
    return wire::find_text(entry.common, name).value_or(std::string_view());
}

}  // namespace

std::shared_ptr<const DeliveryFactory::Frame> DeliveryFactory::frame(
    std::vector<net::Frame> frames, const wire::Deliver& deliver, std::uint64_t generation,
    std::shared_ptr<SettleBuffer> settles) {
    auto out = std::make_shared<Frame>();
    out->frames = std::move(frames);
    out->entries = deliver.messages;
    out->first_tag = deliver.first_tag;
    out->generation = generation;
    out->settles = std::move(settles);
    using Entry = wire::DeliverEntry;
    for (auto member :
         {&Entry::exchange, &Entry::key, &Entry::common, &Entry::own, &Entry::payload}) {
        Keeper keeper(*out);
        for (Entry& entry : out->entries) keeper.keep(entry.*member);
    }
    return out;
}

Delivery DeliveryFactory::delivery(std::shared_ptr<const Frame> frame, std::size_t index) {
    Delivery out;
    out.frame_ = std::move(frame);
    out.index_ = index;
    return out;
}

std::string_view Delivery::exchange() const {
    return frame_->entries[index_].exchange;
}
std::string_view Delivery::key() const {
    return frame_->entries[index_].key;
}
std::string_view Delivery::bytes() const {
    return frame_->entries[index_].payload;
}
std::uint32_t Delivery::deliveries() const {
    return frame_->entries[index_].deliveries;
}
std::uint64_t Delivery::tag() const {
    return frame_->first_tag + index_;
}

std::string_view Delivery::type() const {
    return text_field(frame_->entries[index_], "type");
}
std::string_view Delivery::version() const {
    return text_field(frame_->entries[index_], "version");
}
std::string_view Delivery::content_type() const {
    return text_field(frame_->entries[index_], "content_type");
}
std::string_view Delivery::message_id() const {
    return text_field(frame_->entries[index_], "message_id");
}
std::string_view Delivery::correlation_id() const {
    return text_field(frame_->entries[index_], "correlation_id");
}
std::string_view Delivery::reply_to() const {
    return text_field(frame_->entries[index_], "reply_to");
}

Payload Delivery::payload() const {
    return {std::string(type()), std::string(version()), std::string(content_type()),
            std::string(bytes())};
}

nlohmann::json Delivery::headers() const {
    const wire::DeliverEntry& entry = frame_->entries[index_];
    auto found = wire::find_value(entry.own, "headers");
    if (!found) found = wire::find_value(entry.common, "headers");
    if (!found) return nlohmann::json::object();
    return nlohmann::json::parse(wire::json_text(*found), nullptr, false);
}

nlohmann::json Delivery::properties() const {
    const wire::DeliverEntry& entry = frame_->entries[index_];
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

Status DeliveryFactory::settle(const Delivery& delivery, wire::Settlement action, bool up_to) {
    const Frame& frame = *delivery.frame_;
    if (frame.settles == nullptr) return {};
    const std::uint64_t tag = delivery.tag();
    return frame.settles->add(frame.generation, {tag, tag}, action, up_to);
}

}  // namespace zex
