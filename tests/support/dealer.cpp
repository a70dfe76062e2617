#include "tests/support/dealer.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include "tests/support/process.h"

namespace zex::test {
namespace {

nlohmann::json unpacked(std::string_view envelope) {
    if (envelope.starts_with("{")) return nlohmann::json::parse(envelope);
    return nlohmann::json::from_msgpack(envelope);
}

}  // namespace

std::string packed(const nlohmann::json& value) {
    const auto bytes = nlohmann::json::to_msgpack(value);
    return {bytes.begin(), bytes.end()};
}

Dealer::Dealer(const std::string& endpoint, std::chrono::milliseconds longest)
    : context_(net::Context::make().value()), longest_(longest) {
    net::SocketOptions options;
    options.immediate = false;  // what is sent first may wait for the connection
    socket_ = net::Socket::open(*context_, net::SocketKind::dealer, options).value();
    socket_.connect(endpoint).value();
}

void Dealer::drop() {
    socket_.close();
}

void Dealer::send(std::vector<std::string> texts) {
    std::vector<net::Frame> frames;
    frames.reserve(texts.size());
    for (std::string& text : texts) frames.push_back(net::Frame::adopt(std::move(text)));
    if (socket_.send(frames) != net::Sent::sent) throw std::runtime_error("could not send");
}

void Dealer::send_json(const nlohmann::json& envelope, std::optional<std::string> body) {
    std::vector<std::string> frames = {envelope.dump()};
    if (body) frames.push_back(std::move(*body));
    send(std::move(frames));
}

void Dealer::send_msgpack(const nlohmann::json& envelope, std::optional<std::string> body) {
    std::vector<std::string> frames = {packed(envelope)};
    if (body) frames.push_back(std::move(*body));
    send(std::move(frames));
}

std::optional<Heard> Dealer::hear() {
    const auto deadline = std::chrono::steady_clock::now() + longest_;
    std::vector<net::Frame> frames;
    while (std::chrono::steady_clock::now() < deadline) {
        if (socket_.receive(frames) == net::Got::message) {
            Heard heard{unpacked(frames.front().view()), {}};
            if (frames.size() > 1) heard.body = std::string(frames[1].view());
            if (heard.op() != "ping") return heard;
            send_json({{"op", "pong"}});
            continue;
        }
        net::PollItem item{&socket_, -1, false};
        net::poll({&item, 1}, deadline - std::chrono::steady_clock::now());
    }
    return std::nullopt;
}

Heard Dealer::must_hear() {
    auto heard = hear();
    if (!heard) throw std::runtime_error("the broker did not answer");
    return std::move(*heard);
}

Heard Dealer::ask(const nlohmann::json& envelope, std::optional<std::string> body) {
    send_json(envelope, std::move(body));
    return must_hear();
}

Heard Dealer::ask_msgpack(const nlohmann::json& envelope, std::optional<std::string> body) {
    send_msgpack(envelope, std::move(body));
    return must_hear();
}

nlohmann::json Dealer::hello(const nlohmann::json& more) {
    nlohmann::json envelope = {{"op", "hello"}, {"versions", {1}}};
    envelope.update(more);
    const Heard heard = ask(envelope);
    if (heard.op() != "welcome") {
        throw std::runtime_error("not welcome: " + heard.envelope.dump());
    }
    return heard.envelope;
}

}  // namespace zex::test
