// That a data directory is as it was written, by the tool that says so: `zex log verify`.
#pragma once

#include <string>

#include <catch2/catch.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/process.h"

namespace zex::test {

inline void check_log(const std::string& data_directory) {
    const Finished verified = run({built("zex"), "log", "verify", data_directory});
    INFO(verified.out << verified.err);
    CHECK(verified.code == 0);
}

}  // namespace zex::test
