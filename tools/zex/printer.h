// Prints deliveries through a buffer, and acks them once they are written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include <zex/client.hpp>

#include "tools/zex/arrival.h"
#include "tools/zex/output.h"

namespace zex::tool {

/// When what has been written is acked.
enum class Acks {
    none,    ///< no_ack
    early,   ///< as it is written, so that the next messages come
    at_end,  ///< with the credit for all of them: the queue sends none that would go back
};

class Printer {
  public:
    /// `out` must outlive it. Writes at the latest after each `most` messages.
    Printer(Output& out, Style style, Acks acks, std::uint64_t most)
        : out_(out), style_(style), acks_(acks), most_(most) {}

    /// False when the output takes no more.
    bool print(Delivery delivery) {
        append_arrival(out_.buffer(), arrival_of(delivery, style_), style_);
        last_ = std::move(delivery);
        ++printed_;
        const bool full = out_.buffer().size() >= flush_bytes || ++waiting_ >= most_;
        return !full || flush();
    }

    bool flush() {
        if (!out_.flush()) return false;
        waiting_ = 0;
        if (acks_ == Acks::early) ack();
        return true;
    }

    /// Acks what has been written and is not acked yet.
    void ack() {
        // One that finds nobody is no loss: the message comes again.
        if (last_ && acks_ != Acks::none) (void)last_->ack_up_to();
        last_.reset();
    }

    std::uint64_t printed() const { return printed_; }

  private:
    static constexpr std::size_t flush_bytes = 64 * 1024;

    Output& out_;
    Style style_;
    Acks acks_;
    std::uint64_t most_;
    std::optional<Delivery> last_;
    std::uint64_t waiting_ = 0;
    std::uint64_t printed_ = 0;
};

}  // namespace zex::tool
