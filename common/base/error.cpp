#include <zex/error.hpp>

namespace zex {

const ErrorInfo& info(ErrorCode code) {
    const ErrorInfo* unknown = nullptr;
    for (const ErrorInfo& row : error_table) {
        if (row.code == code) return row;
        if (row.code == ErrorCode::bad_reply) unknown = &row;
    }
    return *unknown;
}

std::optional<ErrorCode> error_code(std::uint64_t number) {
    for (const ErrorInfo& row : error_table) {
        if (static_cast<std::uint64_t>(row.code) == number) return row.code;
    }
    return std::nullopt;
}

std::string Error::text() const {
    std::string line(name());
    line += " (" + std::to_string(static_cast<unsigned>(code)) + "): ";
    line += reason.empty() ? std::string(info(code).sentence) : reason;
    if (!field.empty() && reason.find(field) == std::string::npos) line += " [field " + field + "]";
    if (offset) line += " [byte " + std::to_string(*offset) + "]";
    return line;
}

}  // namespace zex
