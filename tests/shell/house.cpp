#include "tests/shell/house.h"

#include <array>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/wire/properties.h"

namespace zex::test {
namespace {

/// A guest may speak before its connection is up.
net::SocketOptions guest_options() {
    net::SocketOptions options;
    options.immediate = false;
    return options;
}

core::Entropy counting_entropy() {
    return [next = std::uint64_t{0}]() mutable { return ++next; };
}

}  // namespace

std::string Heard::error_name() const {
    if (const auto* failed = as<wire::ErrorReply>()) return std::string(failed->error.name());
    if (const auto* refused = as<wire::Refuse>()) return std::string(refused->error.name());
    if (const auto* goodbye = as<wire::Goodbye>()) return std::string(goodbye->error.name());
    return {};
}

Guest::Guest(net::Context& context, const std::string& endpoint, wire::Form form)
    : form_(form),
      socket_(net::Socket::open(context, net::SocketKind::dealer, guest_options()).value()) {
    socket_.connect(endpoint).value();
}

void Guest::send(const wire::Operation& operation, std::optional<std::uint64_t> id) {
    const wire::Frames frames = wire::encode(form_, wire::Request{id, operation});
    if (frames.body) {
        send_frames({frames.envelope, *frames.body});
    } else {
        send_frames({frames.envelope});
    }
}

void Guest::send_frames(std::initializer_list<std::string_view> frames) {
    std::vector<net::Frame> all;
    for (const std::string_view bytes : frames) all.push_back(net::Frame::copy_of(bytes));
    if (socket_.send(all) != net::Sent::sent) throw std::runtime_error("cannot send");
}

std::optional<Heard> Guest::hear_now() {
    Heard heard;
    if (socket_.receive(heard.frames) != net::Got::message) return std::nullopt;
    std::optional<std::string_view> body;
    if (heard.frames.size() > 1) body = heard.frames[1].view();
    auto decoded = decoder_.reply(heard.frames[0].view(), body);
    if (auto* reply = std::get_if<wire::Decoded<wire::Reply>>(&decoded)) {
        heard.reply = std::move(reply->value);
        return heard;
    }
    throw std::runtime_error(std::get<wire::Refusal>(decoded).error.text());
}

std::optional<Heard> Guest::hear(Duration patience) {
    const SteadyClock clock;
    const Instant deadline = clock.now() + patience;
    std::array<net::PollItem, 1> items{{{&socket_}}};
    while (clock.now() < deadline) {
        auto heard = hear_now();
        if (heard && heard->as<wire::Ping>() != nullptr) {
            send(wire::Pong{});
        } else if (heard) {
            return heard;
        } else {
            net::poll(items, deadline - clock.now());
        }
    }
    return std::nullopt;
}

wire::Hello hello() {
    wire::Hello operation;
    operation.versions = {wire::protocol_version};
    operation.batch = true;
    return operation;
}

wire::Publish publish(std::string_view key, std::string_view payload) {
    wire::Publish operation;
    operation.messages.push_back({key, static_cast<std::uint32_t>(payload.size()), {}});
    operation.body = payload;
    return operation;
}

SteppedHouse::SteppedHouse(shell::Options options) : context(net::Context::make().value()) {
    options.endpoints = {"inproc://house"};
    loop = shell::BrokerLoop::open(options, *context, clock, counting_entropy(), {}).value();
}

std::optional<Heard> SteppedHouse::hear(Guest& guest) {
    const SteadyClock steady;
    const Instant deadline = steady.now() + std::chrono::seconds(10);
    while (steady.now() < deadline) {
        if (auto heard = guest.hear_now()) return heard;
        loop->step(Duration(0));
    }
    return std::nullopt;
}

Heard SteppedHouse::ask(Guest& guest, const wire::Operation& operation, std::uint64_t id) {
    guest.send(operation, id);
    auto heard = hear(guest);
    if (!heard) throw std::runtime_error("no answer");
    return std::move(*heard);
}

void SteppedHouse::settle() {
    for (int i = 0; i < 20; ++i) loop->step(Duration(0));
}

void SteppedHouse::pass(Duration time) {
    settle();
    clock.advance(time);
    settle();
}

RunningHouse::RunningHouse(shell::Options options) : context_(net::Context::make().value()) {
    options.endpoints = {"tcp://127.0.0.1:0"};
    loop_ = shell::BrokerLoop::open(options, *context_, clock_, counting_entropy(), {}).value();
    endpoint_ = loop_->endpoints().front();
    thread_ = std::thread([this] { loop_->run(); });
}

RunningHouse::~RunningHouse() {
    stop();
}

void RunningHouse::stop() {
    if (!thread_.joinable()) return;
    loop_->stop();
    thread_.join();
}

Guest RunningHouse::opened_guest() {
    Guest guest(*context_, endpoint_);
    ask(guest, hello());
    return guest;
}

Heard RunningHouse::ask(Guest& guest, const wire::Operation& operation, std::uint64_t id) {
    guest.send(operation, id);
    auto heard = guest.hear();
    if (!heard) throw std::runtime_error("no answer");
    return std::move(*heard);
}

std::uint64_t RunningHouse::counter(Guest& guest, std::string_view name) {
    const Heard heard = ask(guest, wire::StatusRequest{});
    const auto* ok = heard.as<wire::Ok>();
    if (ok == nullptr) throw std::runtime_error("no status: " + heard.error_name());
    return nlohmann::json::parse(wire::json_text(ok->rows)).at(std::string(name));
}

bool RunningHouse::reaches(Guest& guest, std::string_view name, std::uint64_t least) {
    const SteadyClock clock;
    const Instant deadline = clock.now() + std::chrono::seconds(20);
    while (clock.now() < deadline) {
        if (counter(guest, name) >= least) return true;
    }
    return false;
}

}  // namespace zex::test
