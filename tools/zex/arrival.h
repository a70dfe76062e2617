// A delivered message as `zex sub` prints it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <zex/client.hpp>

namespace zex::tool {

enum class Style {
    line,  ///< key, two spaces, payload with control characters escaped
    json,  ///< one object
    raw,   ///< the payload as it is
};

/// Views must outlive it.
struct Arrival {
    std::string_view exchange;
    std::string_view key;
    std::string_view content_type;
    std::string_view bytes;
    nlohmann::json properties;  ///< an object; used by Style::json alone
    std::uint64_t tag = 0;
    std::uint32_t deliveries = 1;
};

/// `delivery` must outlive it.
Arrival arrival_of(const Delivery& delivery, Style style);

/// Appends it and a line feed. How JSON says the payload stands in record.h.
void append_arrival(std::string& out, const Arrival& arrival, Style style);

}  // namespace zex::tool
