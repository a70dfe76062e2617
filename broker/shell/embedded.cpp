#include <optional>
#include <utility>

#include <zex/broker.hpp>

#include "broker/shell/broker_loop.h"
#include "broker/shell/entropy.h"
#include "common/base/time.h"

namespace zex {
namespace {

shell::Options shell_options(const BrokerOptions& from) {
    shell::Options options;
    options.endpoints = from.endpoints;
    options.data_dir = from.data_dir;
    options.connections = from.connections_max;
    options.hello_timeout = from.hello_timeout;
    options.core.message_bytes = from.message_bytes_max;
    options.core.queue_messages = from.queue_messages_max;
    options.core.memory_bytes = from.memory_bytes_max;
    options.core.heartbeat_ms = whole_milliseconds(from.heartbeat);
    options.core.heartbeat_timeout_ms = whole_milliseconds(from.heartbeat_timeout);
    options.core.grace_ms = whole_milliseconds(from.grace);
    return options;
}

}  // namespace

struct EmbeddedBroker::Parts {
    class OutsideClock final : public Clock {
      public:
        explicit OutsideClock(const BrokerClock* clock) : clock_(clock) {}
        Instant now() const override {
            return clock_ == nullptr ? steady_.now() : Instant{clock_->now()};
        }
        std::uint64_t wall_ms() const override { return steady_.wall_ms(); }

      private:
        const BrokerClock* clock_;
        SteadyClock steady_;
    };

    OutsideClock clock;
    std::unique_ptr<net::Context> context;
    std::unique_ptr<shell::BrokerLoop> loop;  // ends before its context and clock
};

Result<EmbeddedBroker> EmbeddedBroker::start(const BrokerOptions& options) {
    if (options.heartbeat.count() <= 0) {
        return error(ErrorCode::bad_argument, "the heartbeat must be longer than 0", "heartbeat");
    }
    auto parts =
        std::make_unique<Parts>(Parts{Parts::OutsideClock(options.clock), nullptr, nullptr});
    if (options.zmq_context != nullptr) {
        parts->context = net::Context::borrow(options.zmq_context);
    } else {
        auto made = net::Context::make();
        if (!made) return made.error();
        parts->context = std::move(*made);
    }
    shell::Log log;
    if (options.log) log = shell::Log(shell::Log::Level::info, shell::Log::Form::text);
    auto loop = shell::BrokerLoop::open(shell_options(options), *parts->context, parts->clock,
                                        options.entropy ? options.entropy : shell::system_entropy,
                                        std::move(log));
    if (!loop) return loop.error();
    parts->loop = std::move(*loop);
    return EmbeddedBroker(std::move(parts));
}

EmbeddedBroker::EmbeddedBroker(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
EmbeddedBroker::~EmbeddedBroker() = default;
EmbeddedBroker::EmbeddedBroker(EmbeddedBroker&&) noexcept = default;
EmbeddedBroker& EmbeddedBroker::operator=(EmbeddedBroker&&) noexcept = default;

bool EmbeddedBroker::step(std::chrono::milliseconds max_wait) {
    return parts_->loop->step(max_wait);
}

void EmbeddedBroker::run() {
    parts_->loop->run();
}

void EmbeddedBroker::stop() noexcept {
    parts_->loop->stop();
}

std::vector<std::string> EmbeddedBroker::endpoints() const {
    return parts_->loop->endpoints();
}

std::optional<Error> EmbeddedBroker::failure() const {
    return parts_->loop->failure();
}

}  // namespace zex
