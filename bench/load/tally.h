// What one consumer got: which messages, how often, how late.
//
// Payload: 8 bytes publisher and sequence number, 8 bytes scheduled time in ns (0: not timed), then
// filling. The smallest payload is therefore 16 bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <ctime>
#include <string_view>
#include <vector>

namespace bench {

inline constexpr std::size_t kStampBytes = 16;

inline std::uint64_t now_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(t.tv_nsec);
}

struct Stamp {
    std::uint64_t number = 0;
    std::uint64_t time_ns = 0;
    void write(char* payload) const { std::memcpy(payload, this, kStampBytes); }
    static Stamp read(const char* payload) {
        Stamp stamp;
        std::memcpy(&stamp, payload, kStampBytes);
        return stamp;
    }
};
static_assert(sizeof(Stamp) == kStampBytes);

class Tally {
  public:
    /// Numbers are expected to be below `messages`.
    explicit Tally(std::uint64_t messages) : seen_((messages + 63) / 64), messages_(messages) {}

    void take(std::string_view payload) {
        if (payload.size() < kStampBytes) return void(++alien_);
        const Stamp stamp = Stamp::read(payload.data());
        if (stamp.number >= messages_) return void(++alien_);
        std::uint64_t& word = seen_[stamp.number / 64];
        const std::uint64_t bit = std::uint64_t{1} << (stamp.number % 64);
        if (word & bit) ++twice_;
        word |= bit;
        ++taken_;
        if (stamp.time_ns != 0) late(now_ns() - stamp.time_ns);
    }

    std::uint64_t taken() const { return taken_; }
    std::uint64_t twice() const { return twice_; }  ///< of those taken
    std::uint64_t alien() const { return alien_; }  ///< payloads that nobody here published
    std::uint64_t missing() const;
    const std::vector<std::uint32_t>& latencies_ns() const { return latencies_; }

    /// Adds what another, competing consumer got.
    void merge(const Tally& other);

  private:
    void late(std::uint64_t ns) {
        latencies_.push_back(static_cast<std::uint32_t>(ns < 0xffffffffu ? ns : 0xffffffffu));
    }

    std::vector<std::uint64_t> seen_;
    std::vector<std::uint32_t> latencies_;
    std::uint64_t messages_;
    std::uint64_t taken_ = 0;
    std::uint64_t twice_ = 0;
    std::uint64_t alien_ = 0;
};

}  // namespace bench
