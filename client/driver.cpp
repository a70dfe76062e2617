#include "client/driver.h"

#include <algorithm>
#include <functional>
#include <random>
#include <utility>

#include "client/now.h"

namespace zex {
namespace {

constexpr std::size_t gather_bytes = 1024 * 1024;  // from the outbox in one turn
constexpr int reads_in_a_row = 64;
constexpr std::size_t beside_payload = 16 * 1024 * 1024;  // properties, or a batch's other messages

Session::Terms terms_of(const Options& options) {
    Session::Terms terms;
    terms.endpoints = options.endpoints;
    terms.name = options.name;
    terms.heartbeat = options.heartbeat;
    terms.grace = options.grace;
    terms.reconnect = options.reconnect;
    terms.message_bytes_max = options.message_bytes_max;
    // One endpoint that says nothing leaves time for the others.
    const Duration share = Duration(options.timeout) / static_cast<int>(options.endpoints.size());
    terms.first_patience = std::min(terms.patience, share);
    return terms;
}

std::function<double()> jitter() {
    return [engine = std::mt19937_64(std::random_device()())]() mutable {
        return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
    };
}

std::vector<net::Frame> frames_of(std::string envelope, Slice body) {
    std::vector<net::Frame> frames;
    frames.push_back(net::Frame::adopt(std::move(envelope)));
    if (body.size() > 0) frames.push_back(net::Frame::of(std::move(body)));
    return frames;
}

}  // namespace

Driver::Driver(const Parts& parts)
    : parts_(parts),
      form_(parts.options.envelope == Envelope::json ? wire::Form::json : wire::Form::msgpack),
      session_(terms_of(parts.options), jitter()) {}

bool Driver::step() {
    bool busy = gather();
    busy |= send();
    busy |= read();
    busy |= resolve();
    busy |= watch();
    busy |= expire();
    // Reading makes libzmq notice that there is room again.
    return busy || send();
}

/// Takes what waits, when what was taken before has left: meanwhile batches grow.
bool Driver::gather() {
    if (!session_.open() || !to_send_.empty()) return false;
    const Instant time = now();
    bool busy = parts_.outbox.take(items_, gather_bytes);
    // After take(): a settlement made before a request stands before it on the wire.
    busy |= parts_.subscriptions.take_settles([this](wire::Settle settle) {
        SendRequest request{{std::nullopt, std::move(settle)}};
        perform(request);
    });
    for (Outbox::Item& item : items_) {
        if (auto* batch = std::get_if<std::shared_ptr<Batch>>(&item)) {
            session_.submit(std::move(*batch), time);
        } else {
            session_.submit(std::move(std::get<Call>(item)), time);
        }
    }
    items_.clear();
    perform();
    return busy;
}

bool Driver::send() {
    bool busy = false;
    while (link_ && !to_send_.empty()) {
        Outgoing& next = to_send_.front();
        if (link_->send(next.frames) != net::Sent::sent) return busy;
        if (next.posted) parts_.outbox.release(*next.posted);
        to_send_.pop_front();
        busy = true;
    }
    if (busy) session_.sent(now());
    may_read_ |= busy;  // sending may have used the socket's signal up
    return busy;
}

/// The program does not read what it was sent. Answers come the same way: while anybody waits for
/// one, reading goes on, as far as memory allows.
bool Driver::must_not_read() const {
    return parts_.budget.exceeded() && (session_.idle() || parts_.budget.is_far_exceeded());
}

bool Driver::read() {
    if (!link_) return false;
    if (must_not_read()) {
        session_.heard(now());  // silent is this side, by choice
        may_read_ = true;
        return false;
    }
    std::vector<net::Frame> frames;
    int count = 0;
    while (link_ && may_read_ && count < reads_in_a_row && !must_not_read()) {
        may_read_ = link_->receive(frames);
        if (!may_read_) break;
        ++count;
        take_in(frames);
    }
    if (count > 0) session_.heard(now());
    return count > 0;
}

void Driver::take_in(std::vector<net::Frame>& frames) {
    std::optional<std::string_view> body;
    if (frames.size() > 1) body = frames[1].view();
    auto decoded = decoder_.reply(frames[0].view(), body);
    const Instant time = now();
    if (const auto* refusal = std::get_if<wire::Refusal>(&decoded)) {
        session_.link_lost(error(ErrorCode::bad_reply, refusal->error.reason), time);
        return perform();
    }
    const wire::Reply& reply = std::get<wire::Decoded<wire::Reply>>(decoded).value;
    const auto* delivery = std::get_if<wire::Deliver>(&reply.answer);
    if (delivery != nullptr && !reply.id) {
        deliver(frames, *delivery);
    } else {
        session_.receive(reply, time);
    }
    perform();
}

void Driver::deliver(std::vector<net::Frame>& frames, const wire::Deliver& delivery) {
    const std::shared_ptr<Subscription> consumer = parts_.subscriptions.find(delivery.consumer);
    if (consumer == nullptr) {
        session_.unwanted(std::string(delivery.consumer));
        perform();
        const std::uint64_t last = delivery.first_tag + delivery.messages.size() - 1;
        wire::Settle back{
            delivery.consumer, {{delivery.first_tag, last}}, false, wire::Settlement::requeue};
        SendRequest request{{std::nullopt, std::move(back)}};
        return perform(request);
    }
    auto frame = DeliveryFactory::frame(std::move(frames), delivery, session_.generation(),
                                        consumer->settles());
    if (consumer->deliver(std::move(frame))) {
        parts_.callbacks.post_repeating([consumer] { return consumer->run_callbacks(); });
    }
}

bool Driver::watch() {
    if (!link_ || !may_watch_) return false;
    std::optional<Error> why;
    const Link::News news = link_->news(why);
    may_watch_ = news != Link::News::none;
    if (!may_watch_) return false;
    if (news == Link::News::ready) {
        session_.link_ready(now());
    } else {
        // What came before the end counts, above all a goodbye that says why.
        std::vector<net::Frame> frames;
        while (link_ && link_->receive(frames)) take_in(frames);
        if (link_) session_.link_lost(*why, now());
    }
    perform();
    return true;
}

bool Driver::expire() {
    const Instant time = now();
    const auto due = [&](const std::optional<Instant>& deadline) {
        return deadline && *deadline <= time;
    };
    bool busy = due(session_.next_deadline());
    if (busy) {
        session_.tick(time);
        perform();
    }
    if (due(parts_.outbox.next_deadline())) {
        busy = true;
        for (Outbox::Item& item : parts_.outbox.expire(time)) report_late(item, nullptr);
    }
    return busy;
}

/// Tells those who wait for something that was never sent: why, or that time has run out.
void Driver::report_late(Outbox::Item& item, const Error* why) {
    if (auto* call = std::get_if<Call>(&item)) {
        return call->answered(why ? *why
                                  : never_sent(call->timeout, operation_name(call->operation)));
    }
    Batch& batch = *std::get<std::shared_ptr<Batch>>(item);
    const Error reason = why ? *why : never_sent(batch.timeout(), "publish");
    parts_.outbox.release(batch);
    if (batch.confirmed()) {
        parts_.outbox.settled(batch.settle(0, batch.size(), reason));
    } else {
        ReportRefused lost{{reason, batch.size()}};
        perform(lost);
    }
}

// ---- effects ------------------------------------------------------------------------------------

void Driver::perform() {
    for (;;) {
        std::vector<Effect> effects = session_.take_effects();
        if (effects.empty()) return;
        for (Effect& effect : effects) {
            std::visit([this](auto& one) { perform(one); }, effect);
        }
    }
}

void Driver::perform(OpenLink& effect) {
    if (Resolver::has_name(effect.endpoint)) return resolver_.start(effect.endpoint);
    open_link(effect.endpoint);
}

bool Driver::resolve() {
    auto resolved = resolver_.take();
    if (!resolved) return false;
    if (*resolved) {
        open_link(**resolved);
    } else {
        session_.link_lost(resolved->error(), now());
    }
    perform();
    return true;
}

void Driver::open_link(const std::string& endpoint) {
    Result<Link> link =
        Link::open(parts_.context, endpoint, parts_.options.message_bytes_max + beside_payload);
    if (link) {
        link_.emplace(std::move(*link));
        may_watch_ = true;
        may_read_ = true;
    } else {
        session_.link_lost(link.error(), now());
    }
}

void Driver::perform(CloseLink&) {
    resolver_.forget();
    link_.reset();
    while (!to_send_.empty()) {
        if (to_send_.back().posted) parts_.outbox.put_back(std::move(to_send_.back().posted));
        to_send_.pop_back();
    }
}

void Driver::perform(SendRequest& effect) {
    if (!link_) return;
    wire::Frames frames = wire::encode(form_, effect.request);
    to_send_.push_back({frames_of(std::move(frames.envelope), {}), nullptr});
}

void Driver::perform(SendBatch& effect) {
    const Batch& batch = *effect.batch;
    wire::Publish publish = batch.publish(effect.first, effect.count);
    // The body goes by reference, beside the envelope: the codec writes the envelope only.
    wire::Frames frames = wire::encode(form_, {effect.id, std::move(publish)});
    to_send_.push_back(
        {frames_of(std::move(frames.envelope), batch.body(effect.first, effect.count)),
         batch.confirmed() ? nullptr : effect.batch});
}

void Driver::perform(Progressed& effect) {
    for (const auto& batch : effect.whole) parts_.outbox.release(*batch);
    parts_.outbox.settled(effect.messages);
}

void Driver::perform(Notify& effect) {
    parts_.board.post(effect.change);
    if (!parts_.options.on_state) return;
    parts_.callbacks.post(
        [call = parts_.options.on_state, change = std::move(effect.change)] { call(change); });
}

void Driver::perform(ReportRefused& effect) {
    if (!parts_.options.on_refused) return;
    parts_.callbacks.post(
        [call = parts_.options.on_refused, refused = std::move(effect.refused)] { call(refused); },
        sizeof(Refused));
}

void Driver::perform(ReportReturned& effect) {
    if (!parts_.options.on_returned) return;
    const std::size_t bytes = sizeof(Returned) + effect.returned.message.payload.bytes.size();
    parts_.callbacks.post([call = parts_.options.on_returned,
                           returned = std::move(effect.returned)] { call(returned); },
                          bytes);
}

void Driver::perform(ConsumerEnded& effect) {
    parts_.subscriptions.end(effect.consumer, effect.error);
}

void Driver::perform(NewGeneration& effect) {
    parts_.subscriptions.new_generation(effect.generation);
}

void Driver::perform(Opened& effect) {
    const wire::Welcome& welcome = effect.welcome;
    parts_.board.set_session(welcome.session);
    BatchLimits limits;
    limits.messages = std::clamp<std::uint64_t>(welcome.max_batch, 1, limits.messages);
    limits.bytes = std::min<std::uint64_t>(limits.bytes, welcome.max_batch_bytes);
    limits.message_bytes = welcome.max_message_bytes;
    parts_.outbox.set_limits(limits);
    wire::DecodeLimits decode;
    decode.message_bytes = welcome.max_message_bytes;
    decoder_ = wire::Decoder(decode);
}

void Driver::perform(Finished& effect) {
    finished_ = true;
    for (Outbox::Item& item : parts_.outbox.close()) report_late(item, &effect.error);
    parts_.subscriptions.end_all(
        effect.error.code == ErrorCode::client_closed
            ? effect.error
            : error(ErrorCode::client_closed, "the client is closed: " + effect.error.reason));
}

}  // namespace zex
