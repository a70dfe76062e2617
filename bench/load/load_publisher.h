// One publisher's thread: as fast as confirms allow, or by a timetable.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/driver.h"

namespace bench {

class LoadPublisher {
  public:
    /// Publishes the messages first, first + plan.publishers, … below plan.messages.
    LoadPublisher(const Plan& plan, Publisher& publisher, unsigned first);

    /// Returns when all is published and, at least once, confirmed.
    void run();

    std::uint64_t last_confirm_ns() const { return last_confirm_ns_; }  ///< 0: none

  private:
    void run_flat_out();
    /// A message is stamped with the time at which it was due, however late it leaves, so that a
    /// stall shows in every message that it held up.
    void run_by_timetable();
    void publish(std::uint64_t number, std::uint64_t due_ns);
    void set_own_headers(std::uint64_t number);
    void confirms(Wait wait);
    void keep_window();
    void await_all();

    const Plan& plan_;
    Publisher& publisher_;
    const unsigned first_;
    const std::uint64_t window_;
    std::string payload_;
    Outgoing message_;
    std::string key_, id_, trace_, tenant_;
    std::uint64_t published_ = 0;
    std::uint64_t confirmed_ = 0;
    std::uint64_t last_confirm_ns_ = 0;
};

}  // namespace bench
