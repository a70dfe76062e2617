#include "broker/core/turn.h"

#include <algorithm>

#include "broker/core/consumer.h"

namespace zex::core {

void FairTurn::offer(Consumer& consumer) {
    if (consumer.in_turn || !consumer.can_take()) return;
    consumer.in_turn = true;
    line_.push_back(&consumer);
}

void FairTurn::remove(Consumer& consumer) {
    if (!consumer.in_turn) return;
    consumer.in_turn = false;
    line_.erase(std::find(line_.begin(), line_.end(), &consumer));
}

Consumer* FairTurn::first() {
    while (!line_.empty() && !line_.front()->can_take()) {
        line_.front()->in_turn = false;
        line_.pop_front();
    }
    return line_.empty() ? nullptr : line_.front();
}

void FairTurn::pass() {
    line_.push_back(line_.front());
    line_.pop_front();
}

}  // namespace zex::core
