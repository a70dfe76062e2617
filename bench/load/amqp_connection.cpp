#include "bench/load/amqp_connection.h"

#include "bench/load/fail.h"

namespace bench {
namespace {

constexpr unsigned kMethod = 1, kHeader = 2, kBody = 3, kEnd = 0xce;
constexpr std::size_t kFrameHead = 7;
constexpr std::uint32_t kFrameMax = 131072;

std::uint32_t u32_at(std::string_view at) {
    std::uint32_t v = 0;
    for (std::size_t i = 0; i < 4; ++i) v = v << 8 | static_cast<unsigned char>(at[i]);
    return v;
}

std::string frame(unsigned type, unsigned channel, std::string_view payload) {
    AmqpBytes head;
    head.u8(type).u16(channel).u32(static_cast<std::uint32_t>(payload.size()));
    std::string text = head.text();
    text.append(payload).push_back(static_cast<char>(kEnd));
    return text;
}

}  // namespace

AmqpBytes& AmqpBytes::u8(unsigned v) {
    text_.push_back(static_cast<char>(v));
    return *this;
}
AmqpBytes& AmqpBytes::u16(unsigned v) {
    return u8(v >> 8 & 0xff).u8(v & 0xff);
}
AmqpBytes& AmqpBytes::u32(std::uint32_t v) {
    return u16(v >> 16).u16(v & 0xffff);
}
AmqpBytes& AmqpBytes::u64(std::uint64_t v) {
    return u32(static_cast<std::uint32_t>(v >> 32)).u32(static_cast<std::uint32_t>(v));
}
AmqpBytes& AmqpBytes::shortstr(std::string_view text) {
    u8(static_cast<unsigned>(text.size()));
    text_.append(text);
    return *this;
}
AmqpBytes& AmqpBytes::longstr(std::string_view text) {
    u32(static_cast<std::uint32_t>(text.size()));
    text_.append(text);
    return *this;
}
AmqpBytes& AmqpBytes::table(
    const std::vector<std::pair<std::string_view, std::string_view>>& entries) {
    AmqpBytes inner;
    for (const auto& [name, value] : entries) inner.shortstr(name).u8('S').longstr(value);
    return longstr(inner.text());
}

std::uint64_t amqp_u64(std::string_view at) {
    return static_cast<std::uint64_t>(u32_at(at)) << 32 | u32_at(at.substr(4));
}

std::uint32_t AmqpFrame::method() const {
    return u32_at(payload);
}

AmqpConnection::AmqpConnection(const std::string& endpoint) : stream_(endpoint) {
    handshake();
}

void AmqpConnection::handshake() {
    stream_.write(std::string_view("AMQP\0\0\x09\x01", 8));
    stream_.flush();
    await(amqp(10, 10));
    using namespace std::string_view_literals;
    send(10, 11,
         AmqpBytes().table({}).shortstr("PLAIN").longstr("\0guest\0guest"sv).shortstr("en_US"));
    await(amqp(10, 30));
    send(10, 31, AmqpBytes().u16(2047).u32(kFrameMax).u16(0));
    send(10, 40, AmqpBytes().shortstr("/").shortstr("").u8(0));
    await(amqp(10, 41));
    channel_ = 1;
    send(20, 10, AmqpBytes().shortstr(""));
    await(amqp(20, 11));
}

void AmqpConnection::send(unsigned klass, unsigned method, const AmqpBytes& arguments) {
    AmqpBytes head;
    head.u16(klass).u16(method);
    stream_.write(frame(kMethod, channel_, head.text() + arguments.text()));
    if (channel_ == 0) stream_.flush();
}

std::string AmqpConnection::call(unsigned klass, unsigned method, const AmqpBytes& arguments,
                                 unsigned answer_method) {
    send(klass, method, arguments);
    return await(amqp(klass, answer_method));
}

std::string AmqpConnection::await(std::uint32_t method) {
    stream_.flush();
    for (;;) {
        while (const auto frame = next())
            if (frame->type == kMethod && frame->method() == method)
                return std::string(frame->payload.substr(4));
        if (!read(20'000)) fail("RabbitMQ does not answer");
    }
}

std::optional<AmqpFrame> AmqpConnection::next() {
    const std::string_view input = stream_.input();
    if (input.size() < kFrameHead) return {};
    const std::size_t size = u32_at(input.substr(3));
    if (input.size() < kFrameHead + size + 1) return {};
    stream_.skip(kFrameHead + size + 1);
    const AmqpFrame frame{static_cast<unsigned char>(input[0]), input.substr(kFrameHead, size)};
    if (frame.type == kMethod) {
        const std::uint32_t method = frame.method();
        if (method == amqp(10, 50) || method == amqp(20, 40))
            fail("RabbitMQ closes: " + std::string(frame.payload.substr(6)));
        if (method == amqp(60, 120)) fail("RabbitMQ refused a message");
    }
    return frame;
}

std::string AmqpConnection::publish_frames(std::string_view exchange, std::string_view key,
                                           const AmqpBytes& properties, std::uint64_t body_size) {
    AmqpBytes method;
    method.u16(60).u16(40).u16(0).shortstr(exchange).shortstr(key).u8(0);
    AmqpBytes header;
    header.u16(60).u16(0).u64(body_size);
    return frame(kMethod, 1, method.text()) + frame(kHeader, 1, header.text() + properties.text());
}

void AmqpConnection::publish(std::string_view frames, std::string_view body) {
    stream_.write(frames);
    stream_.write_u8(kBody);
    stream_.write_u16(1);
    stream_.write_u32(static_cast<std::uint32_t>(body.size()));
    stream_.write(body);
    stream_.write_u8(kEnd);
    stream_.flush_if_full();
}

void AmqpConnection::ack(std::uint64_t tag, bool multiple) {
    send(60, 80, AmqpBytes().u64(tag).u8(multiple));
}

}  // namespace bench
