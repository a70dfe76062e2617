// The way in: frames of a peer become a request, or a refusal that names what is wrong with them.
// Every refusal is counted under its error's name. Knows no socket and no core.
//
// Thread: the broker thread. Views in what admit() gives are good until its next call, and as
// long as the frames.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/core/limits.h"
#include "common/wire/codec.h"
#include "common/wire/views.h"

namespace zex::shell {

class Gate {
  public:
    explicit Gate(const core::Limits& limits);

    using Admitted = std::variant<wire::Decoded<wire::Request>, wire::Refusal>;

    /// The frames of one message; `surplus` where it had more than two.
    Admitted admit(std::span<const std::string_view> frames, bool surplus = false);

    /// For a refusal that is decided elsewhere but is about what came in.
    void count(ErrorCode code);

    /// "bad_input_malformed" and so on, for each error that can be about input.
    std::vector<wire::CounterView> counters() const;
    std::uint64_t refused(ErrorCode code) const;

  private:
    Admitted check(std::span<const std::string_view> frames, bool surplus);

    const std::uint64_t body_bytes_;  ///< of one publish
    wire::Decoder decoder_;
    std::array<std::uint64_t, error_table.size()> refused_{};
};

}  // namespace zex::shell
