#include "tests/torture/ledger.h"

#include <charconv>
#include <utility>

namespace zex::test {

std::string Ledger::payload(std::uint64_t number, const Entry& entry) {
    std::string text = std::to_string(number) + ":";
    std::mt19937_64 bytes(entry.seed);
    while (text.size() < entry.size) text += static_cast<char>('a' + bytes() % 26);
    return text;
}

std::string Ledger::publish(std::mt19937_64& random) {
    Entry entry;
    entry.seed = random();
    const bool large = random() % 50 == 0;
    entry.size = static_cast<std::uint32_t>(random() % (large ? 20'000 : 300));
    const std::uint64_t number = next_++;
    return payload(number, entries_[number] = entry);
}

void Ledger::confirmed(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t number = first; number < first + count; ++number) {
        const auto found = entries_.find(number);
        if (found == entries_.end()) {
            fault(number, "was confirmed and never published");
        } else if (std::exchange(found->second.confirmed, true)) {
            fault(number, "was confirmed twice");
        }
    }
    confirmations_ += count;
}

void Ledger::delivered(std::string_view bytes, bool redelivered) {
    ++deliveries_;
    redeliveries_ += redelivered ? 1 : 0;
    std::uint64_t number = 0;
    std::from_chars(bytes.data(), bytes.data() + bytes.size(), number);
    const auto found = entries_.find(number);
    if (found == entries_.end()) return fault(number, "was delivered and never published");
    Entry& entry = found->second;
    if (bytes != payload(number, entry))
        return fault(number, "has other bytes than were published");
    const bool first = entry.delivered++ == 0;
    if (!first && !redelivered) fault(number, "came again without a flag");
    // A flagged one may be the first that we see: what was on its way when the broker ended.
    if (first && !redelivered) {
        if (number < last_first_) fault(number, "came for the first time after a later one");
        last_first_ = number + 1;
    }
}

std::vector<std::uint64_t> Ledger::lost() const {
    std::vector<std::uint64_t> lost;
    for (const auto& [number, entry] : entries_) {
        if (entry.confirmed && entry.delivered == 0) lost.push_back(number);
    }
    return lost;
}

void Ledger::fault(std::uint64_t number, std::string_view what) {
    faults.push_back(queue_ + " " + std::to_string(number) + " " + std::string(what));
}

}  // namespace zex::test
