// What every call on a closed client gives.
#pragma once

#include <zex/result.hpp>

namespace zex {

inline Error closed_error() {
    return error(ErrorCode::client_closed, "the client is closed; connect a new one");
}

}  // namespace zex
