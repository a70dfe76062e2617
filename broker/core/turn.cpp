#include "broker/core/turn.h"

#include "broker/core/consumer.h"

namespace zex::core {

void FairTurn::offer(Consumer& consumer) {
    if (consumer.place_in_turn.taken || !consumer.can_take()) return;
    append(consumer);
}

void FairTurn::append(Consumer& consumer) {
    consumer.place_in_turn = {last_, nullptr, true};
    (last_ == nullptr ? first_ : last_->place_in_turn.after) = &consumer;
    last_ = &consumer;
    ++size_;
}

void FairTurn::remove(Consumer& consumer) {
    const PlaceInTurn place = consumer.place_in_turn;
    if (!place.taken) return;
    (place.before == nullptr ? first_ : place.before->place_in_turn.after) = place.after;
    (place.after == nullptr ? last_ : place.after->place_in_turn.before) = place.before;
    consumer.place_in_turn = {};
    --size_;
}

void FairTurn::clear() {
    while (first_ != nullptr) remove(*first_);
}

Consumer* FairTurn::first() {
    while (first_ != nullptr && !first_->can_take()) remove(*first_);
    return first_;
}

void FairTurn::pass() {
    if (first_ == last_) return;
    Consumer& consumer = *first_;
    remove(consumer);
    append(consumer);
}

}  // namespace zex::core
