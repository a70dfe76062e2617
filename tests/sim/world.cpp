#include "tests/sim/world.h"

#include <algorithm>
#include <utility>

#include "broker/log/batch.h"
#include "tests/sim/failure.h"

namespace zex::sim {

using std::chrono::milliseconds;
using test::SimulatedDisk;

World::World(std::uint64_t seed, bool prints)
    : dice_(seed), trace_(prints), checker_(ledger_, trace_, [this](ConnectionId to, Heard heard) {
          if (Client* client = with(to)) client->hear(std::move(heard));
      }) {
    options_.limits.sessions = 12;
    options_.limits.session_consumers = 5;
    options_.limits.durable_memory_bytes = 4096 << dice_.below(6);
    if (dice_.one_in(4)) options_.limits.memory_bytes = 60'000;
    options_.segment_bytes = std::uint64_t{4096} << dice_.below(4);
    checker_.wall_clock_steps = dice_.one_in(3);
    read_faults_ = !dice_.one_in(4);
    disk_fills_ = dice_.one_in(3);
    flips_ = dice_.one_in(4);
    if (disk_fills_) options_.free_bytes_min = 8192;
    disk_ = std::make_unique<SimulatedDisk>();
    disk_->short_reads = dice_.one_in(4);
    for (std::uint64_t i = 2 + dice_.below(3); i > 0; --i) {
        clients_.push_back(std::make_unique<Client>(dice_, numbers_));
    }
}

World::~World() {
    broker_.reset();  // before its disk
}

Client* World::with(ConnectionId connection) {
    for (auto& client : clients_) {
        if (client->connection() == connection) return client.get();
    }
    return nullptr;
}

Outcome World::run(std::uint64_t steps) {
    Outcome out;
    try {
        start();
        clients_[0]->connect(ConnectionId(++last_connection_));
        clients_[0]->declare_all();
        for (step_ = 0; step_ < steps; ++step_) step();
        rest();
        check_growth();
    } catch (const Failure& failure) {
        out.failure = failure.what();
    }
    out.steps = step_;
    out.hash = trace_.hash();
    return out;
}

void World::step() {
    const std::uint64_t n = dice_.below(1000);
    if (n < 380) {
        client_acts();
    } else if (n < 640) {
        broker_turn();
    } else if (n < 860) {
        store_works();
    } else if (n < 980) {
        network();
    } else {
        misfortune();
    }
    time_passes();
    if (step_ % 16 == 0 && !broker_->is_starting()) checker_.check_books(broker_->restored());
    if (broker_->failure()) {
        if (!sync_failed_)
            throw Failure("the broker ended by itself: " + broker_->failure()->text());
        end_life(dice_.one_in(2) ? Cut::kill : Cut::power);
    }
}

void World::time_passes() {
    const std::uint64_t n = dice_.below(300);
    clock_.advance(n == 0 ? milliseconds(1500) : milliseconds(n < 100 ? 1 + n % 7 : 0));
    if (checker_.wall_clock_steps && dice_.one_in(100)) {
        clock_.wall_from_ms = 1'700'000'000'000 + dice_.below(100'000) - 50'000;
    }
    if (full_until_ && step_ >= *full_until_) {
        trace_.note("the disk has room");
        disk_->set_capacity(UINT64_MAX);
        full_until_.reset();
    }
}

void World::client_acts() {
    Client& client = *clients_[dice_.below(clients_.size())];
    if (!client.is_connected()) return client.connect(ConnectionId(++last_connection_));
    client.listen(dice_.below(8));
    if (client.is_connected() && client.on_the_way.size() < 20) client.act();
}

void World::serve(Client& client) {
    for (std::uint64_t most = dice_.below(6); most > 0 && !client.on_the_way.empty(); --most) {
        const auto sent = std::move(client.on_the_way.front());
        client.on_the_way.pop_front();
        core::PeerRequest command;
        command.from = *client.connection();
        command.form = wire::Form::msgpack;
        command.request = &sent->request;
        broker_->apply(command);
    }
}

void World::broker_turn() {
    broker_->take_events();
    if (broker_->failure()) return;
    for (auto& client : clients_) {
        if (client->is_connected()) serve(*client);
    }
    broker_->tick_if_due();
    broker_->end_turn(false);
}

std::optional<ErrorCode> World::fault_of(const std::string& call) {
    if (fail_in_ == 0 || --fail_in_ > 0) return std::nullopt;
    trace_.text("fails: " + call);
    trace_.note("fault");
    if (call.starts_with("f") && call.find("sync") != std::string::npos) {
        if (!dice_.one_in(4)) {
            fail_in_ = 1;  // rather the next one
            return std::nullopt;
        }
        sync_failed_ = true;
        return ErrorCode::storage_failed;
    }
    const bool reads = call == "read" || call == "open" || call == "readdir" || call == "fstat" ||
                       call == "stat" || call == "access";
    return !reads && dice_.one_in(2) ? ErrorCode::disk_full : ErrorCode::disk_error;
}

void World::watch(SimulatedDisk& disk) {
    disk.fault = [this](const std::string& call) { return fault_of(call); };
    disk.before_call = [this, &disk](std::uint64_t number) {
        if (crash_in_ == 0 || --crash_in_ > 0) return;
        constexpr test::Crash losses[] = {test::Crash::unsynced_lost, test::Crash::unsynced_in_part,
                                          test::Crash::last_write_torn};
        left_ = crash_cut_ == Cut::kill ? disk.after_kill()
                                        : disk.after(losses[dice_.below(3)], dice_.next());
        disk.stop_at(number);
    };
}

void World::store_works() {
    if (read_faults_ && dice_.one_in(12)) fail_in_ = 1 + dice_.below(12);
    broker_->work(dice_.one_in(3) ? 1 : SIZE_MAX);
    if (left_) after_crash();
}

void World::network() {
    const auto client = clients_[dice_.below(clients_.size())].get();
    if (!client->is_connected()) return;
    const ConnectionId connection = *client->connection();
    if (broker_->is_starting()) return;
    switch (dice_.below(24)) {
        case 0:
            client->disconnect();
            if (dice_.one_in(3)) client->forget();
            return broker_->apply(core::PeerLost{connection});
        case 1:
            return broker_->apply(core::PeerBlocked{connection});
        case 2:
        case 3:
        case 4:
            return broker_->apply(core::PeerReady{connection});
        default:
            return client->listen(dice_.below(20));
    }
}

void World::misfortune() {
    switch (dice_.below(8)) {
        case 0:
        case 1:
        case 2:
            return end_life(dice_.one_in(2) ? Cut::kill : Cut::power);
        case 3:
        case 4:
            crash_in_ = 1 + dice_.below(20);
            crash_cut_ = dice_.one_in(2) ? Cut::kill : Cut::power;
            return;
        case 5:
        case 6:
            return stop_cleanly();
        default:
            if (disk_fills_ && !full_until_) disk_fills_up();
    }
}

void World::disk_fills_up() {
    std::uint64_t used = 0;
    for (const std::string& name : disk_->files()) used += disk_->bytes(name).size();
    trace_.note("the disk is filling up", used);
    disk_->set_capacity(used + dice_.below(12'000));
    full_until_ = step_ + 20 + dice_.below(150);
}

/// At any time between two calls.
void World::end_life(Cut cut) {
    constexpr test::Crash losses[] = {test::Crash::unsynced_lost, test::Crash::unsynced_in_part,
                                      test::Crash::last_write_torn};
    crash_cut_ = cut;
    left_ =
        cut == Cut::kill ? disk_->after_kill() : disk_->after(losses[dice_.below(3)], dice_.next());
    after_crash();
}

void World::stop_cleanly() {
    if (broker_->is_starting()) broker_->take_events();
    if (broker_->failure()) return;
    fail_in_ = crash_in_ = 0;
    trace_.note("stop");
    const bool good = broker_->stop();
    if (left_) return after_crash();
    left_ = disk_->after_kill();
    crash_cut_ = good ? Cut::stop : Cut::kill;
    after_crash();
}

void World::after_crash() {
    trace_.note("the end of a life", static_cast<int>(crash_cut_));
    const bool was_starting = broker_->is_starting();
    // A life that read nothing yet promised nothing: what was before counts.
    next_cut_ = !was_starting ? crash_cut_ : std::max(next_cut_, crash_cut_);
    const bool short_reads = disk_->short_reads;
    broker_.reset();
    disk_ = std::move(left_);
    disk_->short_reads = short_reads;
    if (full_until_) disk_fills_up();
    fail_in_ = crash_in_ = 0;
    for (auto& client : clients_) client->disconnect();
    if (flips_ && next_cut_ == Cut::stop && !was_starting && !flip_.is_there && dice_.one_in(3)) {
        flip_a_bit();
    }
    start();
}

void World::start() {
    for (std::uint64_t attempt = 0;; ++attempt) {
        sync_failed_ = false;
        watch(*disk_);
        options_.entropy = dice_.next();
        broker_ = std::make_unique<Broker>(*disk_, clock_, ledger_, checker_, trace_, options_);
        broker_->cut = next_cut_;
        broker_->flip = flip_;
        trace_.note("start", ++lives_);
        const bool may_fail = attempt < 4;
        if (may_fail && read_faults_ && dice_.one_in(4)) fail_in_ = 1 + dice_.below(60);
        const bool faulty = fail_in_ > 0;
        if (may_fail && dice_.one_in(6)) {
            crash_in_ = 1 + dice_.below(12);
            crash_cut_ = dice_.one_in(2) ? Cut::kill : Cut::power;
        }
        const auto error = broker_->recover();
        const bool failed_by_plan = (faulty && fail_in_ == 0) || sync_failed_ || full_until_;
        if (left_) {  // it was cut while it read
            next_cut_ = std::max(next_cut_, crash_cut_);
            broker_.reset();
            disk_ = std::move(left_);
            if (full_until_) disk_->set_capacity(UINT64_MAX), full_until_.reset();
            continue;
        }
        crash_in_ = fail_in_ = 0;
        if (!error) break;
        if (!failed_by_plan) throw Failure("recovery failed: " + error->text());
        trace_.text("recovery failed: " + error->text());
        if (full_until_) disk_->set_capacity(UINT64_MAX), full_until_.reset();
        broker_.reset();
        auto next = disk_->after_kill();
        disk_ = std::move(next);
        next_cut_ = std::max(next_cut_, Cut::kill);
    }
    broker_->take_events();
    const bool ever = flip_.ever;
    flip_ = {};
    flip_.ever = ever;
    next_cut_ = Cut::stop;
    if (broker_->failure() && !sync_failed_) {
        throw Failure("the broker ended at its start: " + broker_->failure()->text());
    }
}

/// One bit of a record in a closed log.
void World::flip_a_bit() {
    std::vector<std::string> segments;
    for (const std::string& name : disk_->files()) {
        if (name.starts_with("/data/log/0") && disk_->bytes(name).size() > 200) {
            segments.push_back(name);
        }
    }
    if (segments.empty()) return;
    std::string& bytes = disk_->bytes(segments[dice_.below(segments.size())]);
    std::vector<std::pair<std::size_t, facts::Header>> records;
    for (std::size_t at = log::segment_header_size; at + facts::header_size <= bytes.size();) {
        const std::string_view rest = std::string_view(bytes).substr(at);
        if (!rest.starts_with(facts::record_mark)) break;
        const facts::Header header = facts::unchecked_header(rest);
        if (header.size < facts::header_size || header.size > rest.size()) break;
        records.emplace_back(at, header);
        at += header.size;
    }
    if (records.empty()) return;
    const auto [at, header] = records[dice_.below(records.size())];
    const std::size_t where = at + dice_.below(header.size);
    bytes[where] = static_cast<char>(bytes[where] ^ (1 << dice_.below(8)));
    flip_.is_there = flip_.ever = true;
    const bool short_reads = disk_->short_reads;
    disk_ = disk_->copy();  // it is on the disk
    disk_->short_reads = short_reads;
    flip_.hits_message =
        header.kind == facts::Kind::enqueued || header.kind == facts::Kind::relocated;
    flip_.queue = header.queue;
    flip_.sequence = header.sequence;
    trace_.note("flip", static_cast<int>(header.kind), header.queue, header.sequence, where);
}

/// Nothing more is said; the broker does what it still has to do.
void World::rest() {
    disk_->set_capacity(UINT64_MAX);
    full_until_.reset();
    fail_in_ = crash_in_ = 0;
    for (int i = 0; i < 400; ++i) {
        broker_->take_events();
        broker_->tick_if_due();
        broker_->end_turn(true);
        broker_->work(SIZE_MAX);
        clock_.advance(milliseconds(i < 4 ? 20 : 60));
        if (i > 30 && !broker_->has_jobs()) break;
    }
    if (broker_->failure()) {  // a sync failed in the last step
        if (!sync_failed_) throw Failure("the broker ended while it rested");
        return;
    }
    checker_.check_books(broker_->restored());
}

void World::check_growth() {
    std::uint64_t used = 0;
    for (const std::string& name : disk_->files()) used += disk_->bytes(name).size();
    const std::uint64_t most = 3 * ledger_.live_bytes() + 12 * options_.segment_bytes + 8192;
    trace_.note("rest", used, most, ledger_.live());
    if (used > most && !broker_->failure())
        fail("the log has grown without a reason: bytes, most", used, most);
}

}  // namespace zex::sim
