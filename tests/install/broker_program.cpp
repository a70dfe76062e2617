// A program with the broker inside: it is built against the installed libzexbroker.
#include <chrono>
#include <cstdio>

#include <zex/broker.hpp>

int main() {
    zex::BrokerOptions options;
    options.endpoints = {"tcp://127.0.0.1:0"};
    auto broker = zex::EmbeddedBroker::start(options);
    if (!broker) return 1;
    broker->step(std::chrono::milliseconds(1));
    if (broker->endpoints().size() == 1) std::puts("a broker listens");
}
