#include "bench/load/tally.h"

#include <bit>

namespace bench {

std::uint64_t Tally::missing() const {
    std::uint64_t there = 0;
    for (std::uint64_t word : seen_) there += static_cast<std::uint64_t>(std::popcount(word));
    return messages_ - there;
}

void Tally::merge(const Tally& other) {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
        twice_ += static_cast<std::uint64_t>(std::popcount(seen_[i] & other.seen_[i]));
        seen_[i] |= other.seen_[i];
    }
    taken_ += other.taken_;
    twice_ += other.twice_;
    alien_ += other.alien_;
    latencies_.insert(latencies_.end(), other.latencies_.begin(), other.latencies_.end());
}

}  // namespace bench
