// The public headers alone, in C++17 and under -Wextra -Werror; nothing connects.
#include <zex/client.hpp>
#include <zex/declare.hpp>
#include <zex/error.hpp>
#include <zex/payload.hpp>
#include <zex/result.hpp>

static_assert(__cplusplus < 202002L, "this is to be compiled as C++17");

int main() {
    zex::Options options;
    options.endpoints = {"127.0.0.1:5695"};
    const auto client = zex::Client::connect(options);
    const zex::Error expected = zex::error(zex::ErrorCode::bad_argument, "");
    if (client || client.error().code != expected.code || client.error() == expected) return 1;
    zex::QueueOptions queue;
    queue.max_messages = 5;
    const zex::Message message{zex::Payload::text("hello")};
    return message.payload.bytes == "hello" && queue.max_messages == 5 ? 0 : 1;
}
