// Prints deliveries through a buffer, and acks them once they are written; into a pipe, once they
// have been read from it.
//
// Thread: one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

#include <zex/client.hpp>

#include "tools/zex/arrival.h"
#include "tools/zex/output.h"

namespace zex::tool {

/// When what has been written is acked.
enum class Acks {
    none,    ///< no_ack
    early,   ///< as it is read or written, so that the next messages come
    at_end,  ///< with the credit for all of them: the queue sends none that would go back
};

class Printer {
  public:
    /// `out` must outlive it. Writes at the latest after each `most` messages.
    Printer(Output& out, Style style, Acks acks, std::uint64_t most);

    /// False when the output takes no more.
    bool print(Delivery delivery);

    /// Writes what waits, and acks what has been read. False when the output takes no more, or
    /// nobody reads it any more.
    bool flush();

    /// What became of messages that were written, and not read when it was over.
    struct Unread {
        std::uint64_t acked = 0;     ///< written to a reader who is still there
        std::uint64_t returned = 0;  ///< nobody reads any more: they go back to the queue
    };
    /// The last acks. Waits a little for a reader that has not read all.
    Unread finish();

    /// Messages wait to be read before they are acked.
    bool reader_is_behind() const { return acks_ == Acks::early && !unacked_.empty(); }

    std::uint64_t printed() const { return printed_; }
    std::uint64_t acked() const { return acked_; }

  private:
    struct Written {
        std::uint64_t end;  ///< offset in the output
        Delivery delivery;
    };
    void ack_up_to(std::uint64_t offset);
    void ack_read();
    bool wait_until_read(std::chrono::milliseconds most) const;

    Output& out_;
    Style style_;
    Acks acks_;
    std::uint64_t most_;
    std::uint64_t step_;  ///< messages written together: into a pipe a few at first
    std::deque<Written> unacked_;
    std::uint64_t waiting_ = 0;
    std::uint64_t printed_ = 0;
    std::uint64_t acked_ = 0;
};

}  // namespace zex::tool
