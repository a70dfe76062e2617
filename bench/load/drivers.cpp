#include "bench/load/driver.h"

namespace bench {

std::unique_ptr<Driver> make_driver(const Plan& plan) {
    const std::string& system = plan.system;
    if (system == "zex" || system == "zex-json") return zex_driver(plan);
    if (system == "zex-plain") return zex_plain_driver(plan);
    if (system == "nats") return nats_driver(plan);
    if (system == "jetstream") return jetstream_driver(plan);
    if (system == "redis") return redis_pubsub_driver(plan);
    if (system == "redis-streams") return redis_streams_driver(plan);
    if (system == "rabbitmq" || system == "rabbitmq-quorum") return rabbitmq_driver(plan);
    if (system == "mosquitto") return mosquitto_driver(plan);
    if (system == "r1" || system == "r3" || system == "r3a") return bare_driver(plan);
    return nullptr;
}

}  // namespace bench
