#include "broker/core/shelf.h"

#include <algorithm>
#include <utility>

namespace zex::core {

bool Shelf::mark(std::uint64_t batch, std::uint64_t committed, std::uint64_t offered) {
    last_committed_ = std::max(last_committed_, committed);
    offered_written_ = std::max(offered_written_, offered);
    const Mark mark{batch, last_committed_, offered_written_};
    if (!marks_.empty() && marks_.back().batch == batch) {
        marks_.back() = mark;
        return false;
    }
    marks_.push_back(mark);
    return true;
}

void Shelf::commit(std::uint64_t batch) {
    auto mark = marks_.begin();
    for (; mark != marks_.end() && mark->batch <= batch; ++mark) {
        committed_ = mark->committed;
        offered_ = mark->offered;
    }
    marks_.erase(marks_.begin(), mark);
}

void Shelf::restore(std::uint64_t committed, std::uint64_t offered) {
    committed_ = last_committed_ = committed;
    offered_ = offered_written_ = offered;
    delivered_before_restart = offered;
}

void Shelf::settle(std::uint64_t sequence) {
    if (!settled_.empty() && settled_.back().last + 1 == sequence) {
        settled_.back().last = sequence;
    } else {
        settled_.push_back({sequence, sequence});
    }
}

std::vector<facts::SequenceRange> Shelf::take_settled() {
    return std::exchange(settled_, {});
}

}  // namespace zex::core
