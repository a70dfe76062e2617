#include "bench/load/nats_connection.h"

#include <charconv>

#include "bench/load/fail.h"

namespace bench {
namespace {

std::size_t number(std::string_view text) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// Cuts the last word off `text` and returns it.
std::string_view last_word(std::string_view& text) {
    const std::size_t space = text.rfind(' ');
    const std::string_view word = text.substr(space + 1);
    text = text.substr(0, space);
    return word;
}

}  // namespace

NatsConnection::NatsConnection(const std::string& endpoint) : stream_(endpoint) {
    stream_.write("CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true}\r\n");
    round_trip();
}

void NatsConnection::publish(std::string_view subject, std::string_view reply,
                             std::string_view payload) {
    stream_.write("PUB ");
    stream_.write(subject);
    if (!reply.empty()) {
        stream_.write(" ");
        stream_.write(reply);
    }
    stream_.write(" ");
    stream_.write_decimal(payload.size());
    stream_.write("\r\n");
    stream_.write(payload);
    stream_.write("\r\n");
}

void NatsConnection::publish_with_headers(std::string_view subject, std::string_view reply,
                                          const Outgoing& message) {
    std::string headers = "NATS/1.0\r\nId: ";
    headers.append(message.id).append("\r\nTrace: ").append(message.trace);
    headers.append("\r\nTenant: ").append(message.tenant).append("\r\n\r\n");
    stream_.write("HPUB ");
    stream_.write(subject);
    stream_.write(" ");
    stream_.write(reply);
    stream_.write(" ");
    stream_.write_decimal(headers.size());
    stream_.write(" ");
    stream_.write_decimal(headers.size() + message.payload.size());
    stream_.write("\r\n");
    stream_.write(headers);
    stream_.write(message.payload);
    stream_.write("\r\n");
}

void NatsConnection::subscribe(std::string_view subject, unsigned id, std::string_view group) {
    stream_.write("SUB ");
    stream_.write(subject);
    if (!group.empty()) {
        stream_.write(" ");
        stream_.write(group);
    }
    stream_.write(" ");
    stream_.write_decimal(id);
    stream_.write("\r\n");
}

void NatsConnection::round_trip() {
    stream_.write("PING\r\n");
    stream_.flush();
    for (;;) {
        const bool message = next().has_value();
        if (pong_) return;
        if (!message && !read(10'000)) fail("NATS does not answer");
    }
}

std::optional<NatsConnection::Line> NatsConnection::line() const {
    const std::string_view input = stream_.input();
    const std::size_t end = input.find('\n');
    if (end == std::string_view::npos) return {};
    return Line{input.substr(0, end == 0 ? 0 : end - 1), end + 1};
}

std::optional<NatsMessage> NatsConnection::next() {
    pong_ = false;
    while (const auto found = line()) {
        const std::string_view text = found->text;
        if (text.starts_with("MSG ") || text.starts_with("HMSG ")) return message(*found);
        if (text.starts_with("-ERR")) fail(text);
        if (text == "PING") {
            stream_.write("PONG\r\n");
            stream_.flush();
        }
        pong_ = text == "PONG";
        stream_.skip(found->size);
        if (pong_) break;
    }
    return {};
}

// MSG subject id [reply] size, or HMSG subject id [reply] header-size size; then the bytes.
std::optional<NatsMessage> NatsConnection::message(const Line& line) {
    std::string_view text = line.text;
    const bool headers = text.front() == 'H';
    const std::size_t size = number(last_word(text));
    const std::size_t header_size = headers ? number(last_word(text)) : 0;
    const std::string_view input = stream_.input();
    if (input.size() < line.size + size + 2) return {};

    std::string_view reply = last_word(text);
    last_word(text);
    if (text == "MSG" || text == "HMSG") reply = {};  // that was the id
    stream_.skip(line.size + size + 2);
    return NatsMessage{reply, input.substr(line.size + header_size, size - header_size)};
}

std::string NatsConnection::request(std::string_view subject, std::string_view payload) {
    const std::string inbox = "_INBOX.bench.request";
    subscribe(inbox, 1'000'000);
    publish(subject, inbox, payload);
    flush();
    for (;;) {
        if (const auto answer = next()) {
            const std::string text(answer->payload);
            stream_.write("UNSUB 1000000\r\n");
            round_trip();
            if (text.find("\"error\"") != std::string::npos)
                fail(std::string(subject) + ": " + text);
            return text;
        }
        if (!read(10'000)) fail("JetStream does not answer " + std::string(subject));
    }
}

}  // namespace bench
