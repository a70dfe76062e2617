// One kind of call of a broker that fails when a test says so.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/broker_process.h"
#include "tests/torture/failing_calls.h"
#include "tests/torture/zexd.h"

namespace zex::test {

class Fault {
  public:
    /// `call` is "pread", "pwrite" or "open", on files whose path has `part` in it.
    Fault(std::string directory, std::string call, std::string part, int error)
        : trigger_(directory + "/trigger"),
          call_(std::move(call)),
          part_(std::move(part)),
          error_(error) {}

    Process::Environment environment() const {
        return preloaded(built("tests/torture/libfailing_calls.so"),
                         {{fail_call, call_},
                          {fail_path, part_},
                          {fail_error, std::to_string(error_)},
                          {fail_trigger, trigger_}});
    }
    /// Of the next calls `after` are as ever, and then so many `times` one fails. At once.
    void arm(std::size_t times, std::size_t after = 0) const {
        std::ofstream(trigger_ + ".new") << std::string(times, '.') << std::string(after, '-');
        std::filesystem::rename(trigger_ + ".new", trigger_);
    }
    bool happened() const { return !std::filesystem::exists(trigger_); }
    void disarm() const { std::filesystem::remove(trigger_); }

  private:
    const std::string trigger_;
    const std::string call_;
    const std::string part_;
    const int error_;
};

}  // namespace zex::test
