// What the examples of the documents are compiled with. samples.py writes the list.
#pragma once

#include <iostream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <zex/client.hpp>

/// The options, with the endpoint of the test's broker.
zex::Options with_endpoint(zex::Options options);

struct Sample {
    std::string name;
    bool endless = false;  ///< goes over a consumer until somebody ends it
    void (*run)();
};
extern const std::vector<Sample> samples;
