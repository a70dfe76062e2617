// Random envelopes from a fixed seed: structures survive crossing from one form into the other,
// and broken bytes are refused or accepted, never more.
#include <random>
#include <string>

#include "tests/wire/decode.h"

namespace zex::wire {
namespace {

using Json = nlohmann::json;

class Random {
  public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }

    std::string text() {
        static const std::string parts[] = {"a", "Z", "\"", "\\", "\n", "\x01", "ü",
                                            "€", "𝄞", " ",  "0",  "/",  "\x7f", "key"};
        std::string out;
        for (std::uint64_t n = below(6); n > 0; --n) out += parts[below(std::size(parts))];
        if (below(20) == 0) out += std::string(below(300), 'x');
        return out;
    }

    Json value(int depth) {
        switch (below(depth > 0 ? 9 : 7)) {
            case 0:
                return nullptr;
            case 1:
                return below(2) == 0;
            case 2:
                return engine_() >> below(64);
            case 3:
                return -static_cast<std::int64_t>(engine_() >> (1 + below(63)));
            case 4:
                return static_cast<double>(engine_()) / static_cast<double>(1 + below(1000));
            case 5:
                return static_cast<double>(below(100));
            case 6:
                return text();
            case 7: {
                Json array = Json::array();
                for (std::uint64_t n = below(20); n > 0; --n) array.push_back(value(depth - 1));
                return array;
            }
            default: {
                Json map = Json::object();
                for (std::uint64_t n = below(20); n > 0; --n) map[text()] = value(depth - 1);
                return map;
            }
        }
    }

  private:
    std::mt19937_64 engine_;
};

Json random_publish(Random& random) {
    Json envelope = {{"op", "publish"}, {"exchange", "e"}, {"key", "k"}};
    for (std::uint64_t n = random.below(12); n > 0; --n) {
        envelope["x-" + random.text()] = random.value(4);
    }
    return envelope;
}

}  // namespace

TEST_CASE("random publishes cross from JSON to MessagePack and back unchanged") {
    Random random(20240607);
    Decoder decoder;
    for (int i = 0; i < 2000; ++i) {
        const Json sent = random_publish(random);
        INFO(sent.dump());
        const Request from_json = accepted(decoder, sent.dump());
        const std::string msgpack = encode(Form::msgpack, from_json).envelope;
        CHECK(Json::from_msgpack(msgpack) == sent);
        const std::string json = encode(Form::json, accepted(decoder, msgpack)).envelope;
        CHECK(Json::parse(json) == sent);
        // Canonical: the same fields in another order of arrival end as the same bytes.
        CHECK(encode(Form::msgpack, accepted(decoder, json)).envelope == msgpack);
    }
}

TEST_CASE("broken bytes never do more than be refused") {
    Random random(7);
    Decoder decoder;
    std::size_t refusals = 0;
    const auto check = [&](const std::string& envelope) {
        const auto request = decoder.request(envelope, std::nullopt);
        if (const auto* refusal = std::get_if<Refusal>(&request)) {
            ++refusals;
            // What is told can itself be sent.
            const ErrorReply reply{refusal->error, {}};
            for (const Form form : {Form::json, Form::msgpack}) {
                Decoder client;
                const Frames frames = encode(form, Reply{refusal->id, reply});
                accepted_reply(client, frames.envelope);
            }
        } else {
            encode(Form::json, std::get<Decoded<Request>>(request).value);
        }
        const auto reply = decoder.reply(envelope, std::nullopt);
        if (const auto* answer = std::get_if<Decoded<Reply>>(&reply)) {
            encode(Form::json, answer->value);
        }
    };
    for (int i = 0; i < 3000; ++i) {
        const Json sent = random_publish(random);
        std::string envelope = sent.dump();
        if (i % 2 == 0) {
            envelope.clear();
            Json::to_msgpack(sent, envelope);
        }
        for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
            const std::size_t at = random.below(envelope.size());
            switch (random.below(3)) {
                case 0:
                    envelope[at] = static_cast<char>(random.below(256));
                    break;
                case 1:
                    envelope.erase(at, 1 + random.below(4));
                    break;
                default:
                    envelope.insert(at, 1, static_cast<char>(random.below(256)));
                    break;
            }
            if (envelope.empty()) break;
        }
        check(envelope);
    }
    CHECK(refusals > 1000);
}

}  // namespace zex::wire
