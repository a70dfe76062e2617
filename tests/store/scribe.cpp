#include "tests/store/scribe.h"

#include <algorithm>

#include "broker/facts/stored_message.h"

namespace zex::test {

Scribe::Scribe(store::Store& store, log::Recovered& found, std::uint32_t segment_bytes)
    : store_(store), model_(model_of(found, store)), log_({segment_bytes}, found) {
    states_.push_back(model_.text());
}

void Scribe::made(const facts::Records& records) {
    log_.append(records);
    states_.push_back(model_.text());
}

void Scribe::append(const facts::Records& records) {
    made(records);
}

void Scribe::change(const facts::TopologyChange& what) {
    facts::Records records;
    records.topology({&what, 1});
    made(records);
}

void Scribe::declare_exchange(const std::string& name) {
    model_.exchanges.insert(name);
    change(facts::ExchangeDeclared{name, "direct", false});
}

void Scribe::declare_queue(std::uint64_t id, const std::string& name) {
    model_.queues[id].name = name;
    facts::QueueDeclared declared;
    declared.queue = id;
    declared.name = name;
    change(declared);
}

void Scribe::remove_queue(std::uint64_t id) {
    model_.queues.erase(id);
    std::erase_if(model_.bindings, [id](const auto& row) { return std::get<2>(row) == id; });
    change(facts::QueueRemoved{id});
}

void Scribe::bind(const std::string& exchange, const std::string& key, std::uint64_t queue) {
    model_.bindings.emplace(exchange, key, queue);
    change(facts::Bound{exchange, key, queue});
}

void Scribe::unbind(const std::string& exchange, const std::string& key, std::uint64_t queue) {
    model_.bindings.erase({exchange, key, queue});
    change(facts::Unbound{exchange, key, queue});
}

log::Place Scribe::enqueue(std::uint64_t queue, const std::string& payload, std::uint8_t flags) {
    ModelQueue& to = model_.queues.at(queue);
    const std::uint64_t sequence = to.next++;
    to.payloads[sequence] = payload;
    if (flags != 0) to.offered = sequence + 1;
    facts::Records records;
    facts::StoredMessage message;
    message.exchange = "logs";
    message.key = "error";
    message.common = "\x80";
    message.own = "\x80";
    message.payload = payload;
    message.enqueued_ms = 1764000000000;
    records.enqueued(queue, sequence, flags, message);
    made(records);
    return place(queue, sequence);
}

void Scribe::settle(std::uint64_t queue, std::vector<facts::SequenceRange> ranges) {
    for (const facts::SequenceRange& range : ranges) {
        auto& payloads = model_.queues.at(queue).payloads;
        payloads.erase(payloads.lower_bound(range.first), payloads.upper_bound(range.last));
    }
    facts::Records records;
    records.settled(queue, ranges);
    made(records);
}

void Scribe::offer(std::uint64_t queue, std::uint64_t before) {
    std::uint64_t& offered = model_.queues.at(queue).offered;
    offered = std::max(offered, before);
    facts::Records records;
    records.offered(queue, before);
    made(records);
}

void Scribe::tell_progress(std::uint64_t queue, std::uint64_t offered) {
    ModelQueue& of = model_.queues.at(queue);
    of.offered = offered;
    facts::Records records;
    records.progress(queue, {of.next, offered});
    made(records);
}

Status Scribe::flush(bool sync) {
    if (log_.has_batch()) {
        log::Batch batch = log_.take();
        batch.sync = batch.sync || sync;
        log::seal(batch, store_.log_id());
        left_over_.push_back(std::move(batch));
    }
    submitted_ = facts();
    if (!left_over_.empty()) {
        if (Status done = store_.write(left_over_); !done) return done;
        written_ = left_over_.back().number;
        left_over_.clear();
    }
    if (sync && store_.synced() != store_.written()) {
        if (Status done = store_.sync(); !done) return done;
    }
    log_.written({written_, store_.synced()});
    if (store_.synced() == store_.written()) confirmed_ = submitted_;
    return {};
}

Status Scribe::run(const log::CompactionJob& job) {
    if (const auto* read = std::get_if<log::ReadSegment>(&job)) {
        auto piece = store_.read_segment(read->from, read->bytes_max);
        if (!piece) return piece.error();
        log_.segment_read(*piece);
        return {};
    }
    if (const auto* remove = std::get_if<log::RemoveBefore>(&job)) {
        Status done = store_.remove_before(remove->segment);
        if (done) log_.segment_removed();
        return done;
    }
    return flush(true);
}

Status Scribe::clean() {
    for (;;) {
        if (!job_) job_ = log_.next_job();
        if (log_.has_batch() || !left_over_.empty()) {
            if (Status done = flush(false); !done) return done;
            if (!job_) continue;
        }
        if (!job_) return {};
        if (Status done = run(*job_); !done) return done;
        job_.reset();
    }
}

std::uint32_t Scribe::oldest() const {
    for (std::uint32_t number = 1;; ++number) {
        if (log_.segments().find(number) != nullptr) return number;
        if (number > store_.written().segment) return number;
    }
}

bool Scribe::allows(const std::string& text) const {
    return std::find(states_.begin() + static_cast<std::ptrdiff_t>(confirmed_),
                     states_.begin() + static_cast<std::ptrdiff_t>(submitted_) + 1,
                     text) != states_.begin() + static_cast<std::ptrdiff_t>(submitted_) + 1;
}

}  // namespace zex::test
