#include "client/reconnect_plan.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/check.h"

namespace zex {

ReconnectPlan::ReconnectPlan(const Reconnect& limits, std::size_t endpoints,
                             std::function<double()> random)
    : limits_(limits), endpoints_(endpoints), random_(std::move(random)) {
    ZEX_CHECK(endpoints_ > 0);
}

std::optional<ReconnectPlan::Attempt> ReconnectPlan::next() {
    if (limits_.attempts && attempts_ >= *limits_.attempts) return std::nullopt;
    const auto size = static_cast<unsigned>(endpoints_);
    const unsigned round = attempts_ / size;
    const bool first_of_round = attempts_ % size == 0;
    // After a loss the same endpoint comes first: the session waits there.
    if (attempts_ > 0) endpoint_ = (endpoint_ + 1) % endpoints_;
    const bool at_once = !first_of_round || (round == 0 && !ever_);
    ++attempts_;
    return Attempt{endpoint_, at_once ? Duration{0} : back_off(ever_ ? round : round - 1)};
}

void ReconnectPlan::succeeded() {
    attempts_ = 0;
    ever_ = true;
}

Duration ReconnectPlan::back_off(unsigned round) {
    const double first = static_cast<double>(Duration(limits_.first).count());
    const double most = static_cast<double>(Duration(limits_.most).count());
    const double plain = std::min(most, first * std::exp2(std::min(round, 62u)));
    const double factor = 1.0 + limits_.jitter * (2.0 * random_() - 1.0);
    return Duration(static_cast<Duration::rep>(std::max(0.0, plain * factor)));
}

}  // namespace zex
