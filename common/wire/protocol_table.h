// Every operation with its fields, types and defaults, and every error, as one JSON text:
// docs/protocol.json. Made from describe.h and the table of errors, so that it cannot say otherwise
// than the codec.
#pragma once

#include <string>

namespace zex::wire {

std::string protocol_table();

}  // namespace zex::wire
