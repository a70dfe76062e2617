// What fuzzers run, for one input of any bytes each: with libFuzzer (option fuzz), and for a short
// time, with inputs from a fixed seed, in the normal tests.
//
// A target aborts where something is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zex::test {

/// The bytes are all that a peer sends.
void fuzz_greeting(std::string_view bytes);
/// They follow a good greeting.
void fuzz_handshake(std::string_view bytes);
/// They follow a good handshake.
void fuzz_frames(std::string_view bytes);
/// The first bytes say what a connection does and when, the rest is what it sends: to an engine,
/// over a socket, with connections that leave at any moment.
void fuzz_engine(std::string_view bytes);

}  // namespace zex::test
