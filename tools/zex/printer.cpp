#include "tools/zex/printer.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace zex::tool {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr std::size_t write_bytes = 64 * 1024;
/// How long a step waits for its reader before the next, larger one.
constexpr milliseconds step_patience{20};
/// How long the end waits for the reader.
constexpr milliseconds end_patience{1000};

}  // namespace

// A reader that takes one message and goes (`| head -1`) shall not have taken hundreds.
Printer::Printer(Output& out, Style style, Acks acks, std::uint64_t most)
    : out_(out), style_(style), acks_(acks), most_(most), step_(out.unread() ? 1 : most) {}

bool Printer::print(Delivery delivery) {
    append_arrival(out_.buffer(), arrival_of(delivery, style_), style_);
    if (acks_ != Acks::none) {
        unacked_.push_back({out_.written() + out_.buffer().size(), std::move(delivery)});
    }
    ++printed_;
    const bool full = out_.buffer().size() >= write_bytes || ++waiting_ >= std::min(most_, step_);
    return !full || flush();
}

bool Printer::flush() {
    const bool wrote = waiting_ > 0;
    const bool flushed = out_.flush();
    if (!flushed || out_.reader_gone()) return false;
    waiting_ = 0;
    if (wrote && step_ < most_) {
        if (!wait_until_read(step_patience) && out_.reader_gone()) return false;
        step_ *= 2;
    }
    if (acks_ == Acks::early) ack_read();
    return true;
}

/// True where all has been read.
bool Printer::wait_until_read(milliseconds most) const {
    const auto deadline = Clock::now() + most;
    for (;;) {
        if (out_.unread().value_or(0) == 0) return true;
        if (out_.reader_gone() || Clock::now() >= deadline) return false;
        // No event tells that a pipe was read.
        std::this_thread::sleep_for(milliseconds(1));
    }
}

void Printer::ack_read() {
    ack_up_to(out_.written() - std::min<std::uint64_t>(out_.unread().value_or(0), out_.written()));
}

void Printer::ack_up_to(std::uint64_t offset) {
    std::size_t count = 0;
    while (count < unacked_.size() && unacked_[count].end <= offset) ++count;
    if (count == 0) return;
    // One that finds nobody is no loss: the message comes again.
    (void)unacked_[count - 1].delivery.ack_up_to();
    unacked_.erase(unacked_.begin(), unacked_.begin() + static_cast<std::ptrdiff_t>(count));
    acked_ += count;
}

Printer::Unread Printer::finish() {
    if (!out_.failed()) wait_until_read(end_patience);
    ack_read();
    const std::uint64_t left = unacked_.size();
    if (out_.failed() || out_.reader_gone()) return {0, left};
    ack_up_to(out_.written());
    return {left, unacked_.size()};
}

}  // namespace zex::tool
