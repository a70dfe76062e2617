#include "tests/sim/broker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "broker/store/log_store.h"
#include "tests/sim/failure.h"

namespace zex::sim {

Broker::Broker(test::SimulatedDisk& disk, const ManualClock& clock, Ledger& ledger,
               Checker& checker, Trace& trace, const BrokerOptions& options)
    : clock_(clock),
      ledger_(ledger),
      checker_(checker),
      trace_(trace),
      entropy_(options.entropy),
      core_(options.limits, [this] { return entropy_.next(); }),
      worker_(std::make_unique<shell::StoreWorker>(
          std::make_unique<store::LogStore>(
              disk, "/data",
              store::LogStore::Options{.segment_bytes = options.segment_bytes,
                                       .new_log_id = options.entropy | 1}),
          shell::StoreWorker::Bounds{options.free_bytes_min}, clock,
          [this](shell::StoreEvent event) { events_.push_back(std::move(event)); })),
      proxy_(*this, log::Appender::Bounds{static_cast<std::uint32_t>(options.segment_bytes)}) {
    checker_.begin(core_);
    apply(core::StorageState{});
}

std::optional<Error> Broker::recover() {
    worker_->recover({});
    for (const shell::StoreEvent& event : events_) {
        if (const auto* failed = std::get_if<core::StorageFailed>(&event)) return failed->error;
    }
    return std::nullopt;
}

void Broker::push(shell::StoreJob job) {
    if (const auto* batch = std::get_if<log::Batch>(&job)) {
        for (const log::Chunk& chunk : batch->chunks) trace_.add(chunk.bytes);
        trace_.note("batch", batch->number, batch->end().segment, batch->end().offset,
                    batch->sync ? 1 : 0);
        pushed_.push_back({batch->end(), batch->facts});
    } else {
        trace_.note("job", job.index());
    }
    jobs_.push_back(std::move(job));
}

void Broker::take(std::vector<shell::StoreEvent>& into) {
    for (auto& event : std::exchange(events_, {})) into.push_back(std::move(event));
}

void Broker::take_events() {
    std::vector<shell::StoreEvent> events;
    take(events);
    for (shell::StoreEvent& event : events) {
        std::visit([this](auto& what) { on(what); }, event);
    }
    for (const core::Command& damage : proxy_.take_damage()) {
        if (!flip.ever) throw Failure("the log found damage where nothing was damaged");
        apply(damage);
    }
}

void Broker::apply(const core::Command& command) {
    effects_.clear();
    checker_.before(command, now());
    core_.apply(command, now(), effects_);
    if (!proxy_.is_starting()) {
        ledger_.record(effects_.records, now());
        proxy_.append(effects_.records);
    }
    checker_.after(command, effects_, now(), flip.ever);
    for (core::Effect& effect : effects_.list) {
        if (auto* load = std::get_if<core::Load>(&effect)) proxy_.load(std::move(*load));
    }
}

void Broker::tick_if_due() {
    const auto due = core_.next_deadline();
    if (due && *due <= clock_.now()) apply(core::Tick{});
}

void Broker::end_turn(bool hurry) {
    proxy_.end_turn(clock_.now(), core_.storage().awaited(), hurry);
}

void Broker::work(std::size_t most) {
    std::vector<shell::StoreJob> jobs;
    while (!jobs_.empty() && jobs.size() < most) {
        jobs.push_back(std::move(jobs_.front()));
        jobs_.pop_front();
    }
    trace_.note("work", jobs.size());
    const std::size_t told = events_.size();
    worker_->work(jobs);
    const bool trouble = std::any_of(
        events_.begin() + static_cast<std::ptrdiff_t>(told), events_.end(), [](const auto& event) {
            return std::holds_alternative<shell::StoreTrouble>(event) ||
                   std::holds_alternative<core::StorageFailed>(event);
        });
    if (!trouble && worker_->is_idle() && !worker_->is_refusing()) {
        ledger_.last_worked = clock_.now();
    }
}

bool Broker::stop() {
    const auto finish = [this] {
        end_turn(true);
        work(SIZE_MAX);
        take_events();
    };
    finish();
    apply(core::ShutDown{});
    finish();
    if (failure_ || worker_->failed() || !worker_->is_idle() || !jobs_.empty()) return false;
    worker_->finish();
    const bool good = !worker_->failed();
    take_events();
    return good;
}

void Broker::on(log::Recovered& recovered) {
    trace_.note("recovered", recovered.records, recovered.damage.size(), recovered.queues.size());
    if (!flip.ever && recovered.damaged()) {
        for (const log::Damage& damage : recovered.damage) trace_.text(damage.text());
        throw Failure("recovery found damage where nothing was damaged");
    }
    if (flip.is_there && recovered.damage.empty()) {
        throw Failure("a flipped bit was not reported by recovery");
    }
    ledger_.check(recovered, cut, flip);
    for (const auto& queue : recovered.queues) restored_ += queue.live;
    const core::Restored restored = proxy_.restore(recovered);
    apply(core::Restore{&restored});
}

void Broker::on(const shell::BatchesWritten& event) {
    const core::Command command = proxy_.on(event);
    ledger_.committed = event.core.facts;
    synced(event.log.synced);
    apply(command);
}

void Broker::on(const shell::LogSynced& event) {
    proxy_.on(event);
    synced(event.synced);
}

void Broker::synced(log::Place place) {
    while (!pushed_.empty() && pushed_.front().end <= place) {
        ledger_.set_synced(pushed_.front().facts);
        pushed_.pop_front();
    }
}

void Broker::on(const shell::StoreTrouble& event) {
    trace_.text("trouble: " + event.error.text());
}

void Broker::on(const core::StorageFailed& event) {
    trace_.text("failed: " + event.error.text());
    failure_ = event.error;
    apply(event);
}

}  // namespace zex::sim
