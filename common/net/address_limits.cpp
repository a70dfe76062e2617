#include "common/net/address_limits.h"

namespace zex::net {
namespace {

constexpr Duration window = std::chrono::seconds(1);

}  // namespace

bool AddressLimits::enter(const std::string& address, Instant now) {
    forget_idle(now);
    Entry& entry = addresses_[address];
    if (now - entry.window >= window) {
        entry.window = now;
        entry.made = 0;
    }
    if (bounds_.rate > 0 && entry.made >= bounds_.rate) return false;
    if (bounds_.connections > 0 && entry.held >= bounds_.connections) return false;
    ++entry.made;
    ++entry.held;
    return true;
}

void AddressLimits::leave(const std::string& address) {
    const auto found = addresses_.find(address);
    if (found != addresses_.end() && found->second.held > 0) --found->second.held;
}

void AddressLimits::forget_idle(Instant now) {
    if (now < next_look_) return;
    next_look_ = now + window;
    std::erase_if(addresses_, [now](const auto& item) {
        return item.second.held == 0 && now - item.second.window >= window;
    });
}

}  // namespace zex::net
