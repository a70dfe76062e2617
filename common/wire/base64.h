// RFC 4648 base64 with padding: how JSON envelopes carry payloads that are no text.
#pragma once

#include <string>
#include <string_view>

namespace zex::wire {

void append_base64(std::string& out, std::string_view bytes);

/// Appends the bytes that `text` stands for. False, with `out` as it was, where it is not base64:
/// other characters, missing padding, bits set behind the last byte.
bool append_base64_decoded(std::string& out, std::string_view text);

}  // namespace zex::wire
