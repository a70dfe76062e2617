// Where in an envelope a field stands: at the top, or in an entry of `messages`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace zex::wire {

struct Where {
    std::optional<std::size_t> entry;

    /// "size", or "messages[3].size"; with an empty name the place itself.
    std::string field(std::string_view name) const {
        if (!entry) return std::string(name);
        std::string out = "messages[" + std::to_string(*entry) + "]";
        if (!name.empty()) out.append(".").append(name);
        return out;
    }
};

}  // namespace zex::wire
