#include "broker/log/recovered.h"

#include <algorithm>

namespace zex::log {

std::string Damage::text() const {
    std::string line = file;
    if (begin) {
        line += " bytes " + std::to_string(begin.offset) + " to " + std::to_string(end);
    }
    line += ": " + reason;
    if (queue != 0) {
        line += "; it seems to have been of queue " + std::to_string(queue) + ", sequence " +
                std::to_string(sequence);
    }
    return line;
}

bool Recovered::damaged() const {
    return !damage.empty() || std::ranges::any_of(queues, [](const RecoveredQueue& queue) {
        return queue.declaration_lost || !queue.missing.empty();
    });
}

}  // namespace zex::log
