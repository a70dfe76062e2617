// Messages as lines of JSON: what `zex sub --json` writes and `zex pub --jsonl` reads.
//
// The payload stands as `payload` where JSON can say it: as its own text where the content type is
// JSON, as a string where it is UTF-8 and of another type. It stands as `payload_base64`, exact to
// the byte, where JSON cannot (bytes that are no UTF-8, all MessagePack) or where a line cannot
// hold the text as it came (line ends in JSON). Where both stand, `payload` is for reading.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <zex/client.hpp>

namespace zex::tool {

/// The members `payload` and `payload_base64`, as text to stand in an object: `"payload":1`.
std::string payload_members(std::string_view content_type, std::string_view bytes);

/// A message and where it went, as a line says.
struct Record {
    std::string exchange;
    std::string key;
    Message message;
};

/// Gives `bad_argument` where the line is none of these.
Result<Record> parse_record(std::string_view line);

/// All properties of a delivery, and its payload: what is needed to publish it again.
Message message_of(const Delivery& delivery);

}  // namespace zex::tool
