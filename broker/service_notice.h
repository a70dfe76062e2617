// Tells the service manager that started the process how it is doing: sd_notify(3) without its
// library.
#pragma once

#include <string_view>

namespace zex {

/// Sends `state` ("READY=1", "STOPPING=1") to the socket that NOTIFY_SOCKET names; does nothing
/// where there is none.
void notify_service(std::string_view state);

}  // namespace zex
