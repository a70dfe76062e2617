// The one table of errors. A number, a name, a sentence and whether trying again may help: the
// same in the broker, on the wire, in the client library, in the tool's exit codes and in
// docs/errors.md, which is written from this table.
//
// Families: 1xx the bytes were wrong; 2xx a name was not found; 3xx it conflicts with what is
// there; 4xx a message was not taken; 5xx not permitted; 6xx the broker cannot now; 7xx raised by
// the client library itself and never sent.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace zex {

// X(name, number, may_retry, sentence)
#define ZEX_ERRORS(X)                                                                              \
    X(malformed, 100, false, "the envelope is not one well-formed map in JSON or MessagePack")     \
    X(wrong_frame_count, 101, false, "a message is one envelope frame and at most one body frame") \
    X(unknown_operation, 102, false, "the broker knows no such operation")                         \
    X(missing_field, 103, false, "a required field is missing")                                    \
    X(bad_field, 104, false, "a field has the wrong type or a value out of range")                 \
    X(unsupported_version, 105, false, "no protocol version in common")                            \
    X(hello_required, 106, true, "the connection has not said hello")                              \
    X(already_open, 107, false, "the connection has said hello before")                            \
    X(size_mismatch, 108, false, "the sizes in the envelope do not add up to the body frame")      \
    X(message_too_large, 109, false, "the payload is larger than the broker's limit")              \
    X(batch_too_large, 110, false, "the batch has more messages than the broker's limit")          \
    X(bad_name, 111, false, "a name is 1 to 255 bytes of UTF-8 without control characters")        \
    X(no_such_exchange, 200, false, "no exchange has this name")                                   \
    X(no_such_queue, 201, false, "no queue has this name")                                         \
    X(no_such_consumer, 202, false, "the session has no consumer of this name")                    \
    X(no_such_delivery, 203, false, "no unsettled delivery has this tag")                          \
    X(properties_differ, 300, false, "it exists with other properties")                            \
    X(queue_is_exclusive, 301, false, "the queue is exclusive to another session")                 \
    X(in_use, 302, false, "it is in use")                                                          \
    X(not_empty, 303, false, "the queue is not empty")                                             \
    X(consumer_exists, 304, false, "the session already has a consumer of this name")              \
    X(reserved_name, 305, false, "the name is reserved for the broker")                            \
    X(unroutable, 400, false, "no queue is bound for this exchange and key")                       \
    X(queue_full, 401, true, "a queue that should take the message is full")                       \
    X(memory_full, 402, true, "the broker's memory for messages is full")                          \
    X(not_permitted, 500, false, "the operation is not permitted")                                 \
    X(limit_reached, 600, true, "a limit of the broker is reached")                                \
    X(shutting_down, 601, true, "the broker is shutting down")                                     \
    X(session_expired, 602, true, "the session is over")                                           \
    X(session_taken, 603, false, "another connection has resumed the session")                     \
    X(heartbeat_missed, 604, true, "nothing was heard for longer than the heartbeat time-out")     \
    X(queue_deleted, 605, false, "the queue was deleted")                                          \
    X(disk_full, 606, true, "the disk has no room for it")                                         \
    X(storage_failed, 607, false, "the disk failed; the broker must be started again")             \
    X(data_in_use, 608, true, "another broker uses the data directory")                            \
    X(data_foreign, 609, false, "the data directory is not one of zex, or not of one log")         \
    X(data_too_new, 610, false, "the data directory was written by a newer version of zex")        \
    X(data_damaged, 611, false, "files of the data directory are missing or damaged")              \
    X(starting, 612, true, "the broker is still reading its log")                                  \
    X(disk_error, 613, true, "a call of the disk failed")                                          \
    X(not_leader, 614, false, "another broker writes the log now")                                 \
    X(not_connected, 700, true, "no broker answers")                                               \
    X(timed_out, 701, true, "the deadline passed before the broker answered")                      \
    X(client_closed, 702, false, "the client was closed")                                          \
    X(bad_argument, 703, false, "an argument is not usable")                                       \
    X(outbox_full, 704, true, "too many messages wait to be sent or confirmed")                    \
    X(bad_reply, 705, false, "the broker's answer could not be understood")                        \
    X(callback_failed, 706, false, "a callback of the program threw an exception")

enum class ErrorCode : std::uint16_t {
#define X(name, number, retry, sentence) name = number,
    ZEX_ERRORS(X)
#undef X
};

/// One row of the table.
struct ErrorInfo {
    ErrorCode code;
    std::string_view name;      ///< as on the wire, for instance "no_such_queue"
    bool may_retry;             ///< the same request may succeed later, unchanged
    std::string_view sentence;  ///< what it means, without a full stop
};

inline constexpr std::array error_table = {
#define X(name, number, retry, sentence) ErrorInfo{ErrorCode::name, #name, retry, sentence},
    ZEX_ERRORS(X)
#undef X
};
#undef ZEX_ERRORS

/// The row of `code`. A number from a newer broker that is not in the table gives the row of
/// `bad_reply`.
const ErrorInfo& info(ErrorCode code);

/// The code with this wire number, or nothing.
std::optional<ErrorCode> error_code(std::uint64_t number);

/// What went wrong: a code from the table, a sentence about this very case, and, where they are
/// known, the field at fault and the byte offset in the envelope.
struct Error {
    ErrorCode code = ErrorCode::malformed;
    std::string reason = {};                   ///< names the values at hand and the way out
    std::string field = {};                    ///< empty where no single field is at fault
    std::optional<std::uint64_t> offset = {};  ///< bytes from the start of the envelope

    std::string_view name() const { return info(code).name; }
    bool may_retry() const { return info(code).may_retry; }

    /// One line for a person: "no_such_queue (201): no queue named 'a'; declare it first".
    std::string text() const;

    friend bool operator==(const Error& a, const Error& b) {
        return a.code == b.code && a.reason == b.reason && a.field == b.field &&
               a.offset == b.offset;
    }
    friend bool operator!=(const Error& a, const Error& b) { return !(a == b); }
};

inline Error error(ErrorCode code, std::string reason, std::string field = {}) {
    return Error{code, std::move(reason), std::move(field), {}};
}

}  // namespace zex
