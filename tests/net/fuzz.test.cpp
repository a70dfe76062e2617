// The fuzz targets, for a short time and from a fixed seed: good bytes, changed a little.
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "tests/net/fuzz_targets.h"
#include "tests/net/zmtp_bytes.h"

namespace zex::test {
namespace {

/// Bytes of a peer that does everything once.
std::string traffic() {
    return RawPeer::frame("one") + ping("context") + RawPeer::frame("two", true) +
           RawPeer::frame(std::string(300, 'x')) + RawPeer::frame("a", true) +
           RawPeer::frame("b", true) + RawPeer::frame("c", true) + RawPeer::frame("d") +
           RawPeer::frame("");
}

class Mutator {
  public:
    explicit Mutator(std::uint32_t seed) : random_(seed) {}

    std::string mutated(std::string bytes) {
        for (std::uint32_t n = 1 + below(4); n > 0; --n) {
            const std::size_t at = below(static_cast<std::uint32_t>(bytes.size()) + 1);
            switch (below(5)) {
                case 0:
                    bytes = bytes.substr(0, at);
                    break;
                case 1:
                    bytes.insert(at, 1, static_cast<char>(below(256)));
                    break;
                case 2:
                    bytes.insert(at, bytes.substr(below(static_cast<std::uint32_t>(at) + 1), 40));
                    break;
                case 3:
                    if (at < bytes.size()) bytes.erase(at, 1 + below(9));
                    break;
                default:
                    if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
            }
        }
        return bytes;
    }

    std::string noise(std::size_t size) {
        std::string bytes(size, '\0');
        for (char& c : bytes) c = static_cast<char>(below(256));
        return bytes;
    }

    std::uint32_t below(std::uint32_t bound) { return random_() % bound; }

  private:
    std::mt19937 random_;
};

TEST_CASE("changed greetings and handshakes are heard alike however they are split") {
    Mutator mutator(1);
    for (int i = 0; i < 1500; ++i) {
        fuzz_greeting(mutator.mutated(opening() + RawPeer::frame("x")));
        fuzz_handshake(mutator.mutated(ready("DEALER") + RawPeer::frame("x")));
    }
}

TEST_CASE("changed frames and commands are heard alike however they are split") {
    Mutator mutator(2);
    for (int i = 0; i < 1000; ++i) fuzz_frames(mutator.mutated(traffic()));
}

TEST_CASE("an engine lives through peers that send anything and leave at any moment") {
    Mutator mutator(3);
    for (int i = 0; i < 1500; ++i) {
        std::string input = mutator.noise(20);
        for (int part = 0; part < 6; ++part) {
            input += mutator.noise(2) + mutator.mutated(traffic());
        }
        fuzz_engine(input);
    }
}

}  // namespace
}  // namespace zex::test
