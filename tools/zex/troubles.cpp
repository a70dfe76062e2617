#include "tools/zex/troubles.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "tools/zex/characters.h"
#include "tools/zex/duration.h"

namespace zex::tool {
namespace {

using nlohmann::json;

constexpr std::size_t names_shown = 5;

struct State {
    std::string_view state;
    std::string_view one;   ///< "1 queue is full: "
    std::string_view many;  ///< "3 queues are full: "
};

// The worst first.
constexpr auto states = std::to_array<State>({
    {"full", "is full, publishes to it are refused", "are full, publishes to them are refused"},
    {"stalled", "is stalled: messages wait, and its consumers settle none",
     "are stalled: messages wait, and their consumers settle none"},
    {"unattended", "has messages and no consumer", "have messages and no consumer"},
    {"held", "has messages that were taken and are not settled, by no consumer of it",
     "have messages that were taken and are not settled, by no consumer of them"},
    {"dropping", "is full and drops its oldest", "are full and drop their oldest"},
    {"growing", "grows: more comes in than is acked", "grow: more comes in than is acked"},
    {"suspended", "is of a session whose connection is lost",
     "are of sessions whose connections are lost"},
});

std::uint64_t number(const json& object, const char* name) {
    const auto found = object.find(name);
    const bool whole = found != object.end() && found->is_number_integer() && *found >= 0;
    return whole ? found->get<std::uint64_t>() : 0;
}

std::string text(const json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "orders (380 ready, 20 unacked)"
std::string queue_text(const json& row) {
    return unmistakable(text(row, "name")) + " (" + grouped(number(row, "ready")) + " ready, " +
           grouped(number(row, "unacked")) + " unacked)";
}

void add_state(std::vector<std::string>& troubles, const State& state, const Rows& queues) {
    std::vector<const json*> such;
    for (const json& row : queues) {
        if (text(row, "state") == state.state) such.push_back(&row);
    }
    if (such.empty()) return;
    std::stable_sort(such.begin(), such.end(), [](const json* a, const json* b) {
        const auto size = [](const json& row) {
            return number(row, "ready") + number(row, "unacked");
        };
        return size(*a) > size(*b);
    });
    std::string sentence = such.size() == 1
                               ? "queue " + queue_text(*such[0]) + " " + std::string(state.one)
                               : grouped(such.size()) + " queues " + std::string(state.many) + ": ";
    for (std::size_t i = 0; such.size() > 1 && i < std::min(such.size(), names_shown); ++i) {
        sentence += (i > 0 ? ", " : "") + queue_text(*such[i]);
    }
    if (such.size() > names_shown) sentence += ", …";
    troubles.push_back(std::move(sentence));
}

}  // namespace

std::vector<std::string> troubles_of(const json& status, const Rows& queues) {
    std::vector<std::string> troubles;
    if (text(status, "state") == "starting") {
        const std::uint64_t all = number(status, "recovery_bytes");
        const std::uint64_t done = number(status, "recovery_bytes_done");
        troubles.push_back("the broker is starting and reads its log" +
                           (all > 0 ? ", " + std::to_string(100 * done / all) + " %" : ""));
    }
    const std::uint64_t memory = number(status, "memory_bytes");
    const std::uint64_t most = number(status, "memory_bytes_max");
    if (most > 0 && memory >= most / 10 * 9) {
        troubles.push_back("messages take " + std::to_string(memory / (most / 100 + 1)) +
                           " % of the memory for them; at 100 % publishes are refused");
    }
    for (const State& state : states) add_state(troubles, state, queues);
    if (number(status, "messages_lost") + number(status, "records_damaged") > 0) {
        troubles.push_back("the log is damaged: " + grouped(number(status, "messages_lost")) +
                           " messages are lost; `zex log verify DIR` names them");
    }
    return troubles;
}

}  // namespace zex::tool
