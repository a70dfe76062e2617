// What the examples share: where the broker is, and a main() that prints errors.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>

#include <zex/client.hpp>

namespace example {

inline zex::Options options() {
    zex::Options options;
    if (const char* endpoint = std::getenv("ZEX_ENDPOINT")) options.endpoints = {endpoint};
    return options;
}

/// Runs `body`; .value() in it throws where something went wrong.
template <class Body>
int run(Body&& body) {
    try {
        body();
        return 0;
    } catch (const std::exception& problem) {
        std::fprintf(stderr, "%s\n", problem.what());
        return 1;
    }
}

}  // namespace example
