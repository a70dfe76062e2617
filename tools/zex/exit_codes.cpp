#include "tools/zex/exit_codes.h"

#include <cstdio>
#include <string>

#include "tools/zex/printable.h"

namespace zex::tool {

Exit exit_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::not_permitted:
        case ErrorCode::queue_is_exclusive:
            return Exit::not_permitted;
        case ErrorCode::not_connected:
        case ErrorCode::client_closed:
        case ErrorCode::session_taken:
            return Exit::unavailable;
        case ErrorCode::unsupported_version:
        case ErrorCode::bad_reply:
            return Exit::protocol;
        case ErrorCode::bad_argument:
            return Exit::usage;
        case ErrorCode::storage_failed:
        case ErrorCode::disk_error:
            return Exit::io_error;
        case ErrorCode::queue_full:
        case ErrorCode::memory_full:
        case ErrorCode::disk_full:
            // They may be tried again, but to a publisher they are refusals like the others.
            return Exit::data;
        default:
            return info(code).may_retry ? Exit::try_again : Exit::data;
    }
}

Exit fail(std::string_view what, const Error& error) {
    std::string reason =
        error.reason.empty() ? std::string(info(error.code).sentence) : error.reason;
    if (!error.field.empty() && reason.find(error.field) == std::string::npos) {
        reason += ", field " + error.field;
    }
    reason += " [" + std::string(error.name()) + " " +
              std::to_string(static_cast<unsigned>(error.code)) + "]";
    return fail(what, reason, exit_code(error.code));
}

Exit fail(std::string_view what, std::string_view reason, Exit exit) {
    // One write, so that lines of several threads or programs do not mix.
    const std::string line = "zex: " + printable(what) + ": " + printable(reason) + "\n";
    std::fwrite(line.data(), 1, line.size(), stderr);
    return exit;
}

}  // namespace zex::tool
