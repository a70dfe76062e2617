// Damage is never silent: a log is written, then bits are flipped, ends cut off, pages zeroed, put
// back to an older state and swapped. After each, what recovery finds is held against what was
// written: a message that is not there must lie where damage is reported, none is ever wrong, and
// what was not touched is still delivered.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "broker/store/log_store.h"
#include "tests/store/scribe.h"
#include "tests/store/simulated_disk.h"

namespace zex::test {
namespace {

constexpr std::uint32_t small_segment = 16 << 10;
constexpr std::uint32_t large_segment = 256 << 10;
constexpr std::size_t page = 4096;

store::LogStore::Options options_for(std::uint32_t segment_bytes) {
    return {segment_bytes, 1, 0xda3a9e};
}

bool torture() {
    return std::getenv("ZEX_TORTURE") != nullptr;
}

using Message = std::pair<std::uint64_t, std::uint64_t>;  ///< queue and sequence

/// A log with three queues, settled, kept and offered messages, whose every record is synced.
struct Written {
    SimulatedDisk disk;
    std::unique_ptr<SimulatedDisk> earlier;  ///< half-way through
    std::unique_ptr<store::LogStore> log;
    std::unique_ptr<Scribe> scribe;
    std::map<Message, std::string> ever;  ///< all that was ever written

    explicit Written(int messages = 900, std::uint32_t segment_bytes = small_segment) {
        log = std::make_unique<store::LogStore>(disk, "/data", options_for(segment_bytes));
        auto found = log->recover({});
        REQUIRE(found.ok());
        scribe = std::make_unique<Scribe>(*log, *found, segment_bytes);
        scribe->declare_exchange("logs");
        for (std::uint64_t queue : {1, 2, 3}) {
            scribe->declare_queue(queue, "q" + std::to_string(queue));
            scribe->bind("logs", "k", queue);
        }
        std::mt19937_64 random(11);
        for (int i = 0; i < messages; ++i) {
            const std::uint64_t queue = 1 + random() % 3;
            std::string payload(20 + random() % 150, static_cast<char>('a' + random() % 26));
            payload += std::to_string(i);
            ever[{queue, scribe->model().queues.at(queue).next}] = payload;
            scribe->enqueue(queue, payload);
            if (i % 5 == 0) settle_first(1 + random() % 3);
            if (i % 7 == 0) scribe->offer(queue, scribe->model().queues.at(queue).next);
            if (i % 10 == 0) REQUIRE(scribe->flush(true).ok());
            if (i == messages / 2) earlier = disk.copy();
            if (i == messages / 3 || i == messages / 4) REQUIRE(scribe->clean().ok());
        }
        REQUIRE(scribe->flush(true).ok());
    }
    void settle_first(std::uint64_t queue) {
        const auto& payloads = scribe->model().queues.at(queue).payloads;
        if (payloads.size() < 8) return;
        scribe->settle(queue, {{payloads.begin()->first, payloads.begin()->first}});
    }
    std::string last_segment() const {
        const std::vector<std::string> files = disk.files();
        std::string last;
        for (const std::string& file : files) {
            if (file.ends_with(".seg")) last = std::max(last, file);
        }
        return last;
    }
};

/// Bytes of a file that were touched.
struct Touched {
    std::string file;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

class Examined {
  public:
    explicit Examined(Written& written) : written_(written) {
        for (const auto& [id, queue] : written.scribe->model().queues) {
            for (const auto& [sequence, payload] : queue.payloads) {
                const log::Place place = written.scribe->place(id, sequence);
                char name[32];
                std::snprintf(name, sizeof name, "/data/log/%08x.seg", place.segment);
                // Exchange, key and properties of Scribe's messages: 11 bytes.
                live_[{id, sequence}] = {name, place.offset,
                                         place.offset + 52 + 11 + payload.size()};
            }
        }
    }

    /// Recovers from the damaged disk and checks all that must hold.
    void examine(SimulatedDisk& disk, const std::vector<Touched>& touched) {
        auto log = std::make_unique<store::LogStore>(disk, "/data", options_for(small_segment));
        auto found = log->recover({});
        INFO(touched.front().file << " from " << touched.front().begin << " to "
                                  << touched.front().end);
        REQUIRE((found.ok() ? std::string() : found.error().text()) == "");
        const Model model = model_of(*found, *log);
        log.reset();
        std::string reports;
        for (const log::Damage& damage : found->damage) reports += damage.text() + "\n";
        INFO(reports);
        for (const auto& [id, queue] : model.queues) {
            for (const auto& [sequence, payload] : queue.payloads) {
                const auto ever = written_.ever.find({id, sequence});
                REQUIRE(ever != written_.ever.end());
                if (payload != ever->second) FAIL("a wrong payload");
            }
        }
        check_losses(*found, model, touched);
        check_report(*found, model);
        check_again(disk, model);
        ++runs_;
    }

    std::uint64_t runs() const { return runs_; }
    double delivered() const { return untouched_ == 0 ? 1 : 1 - double(denied_) / untouched_; }

  private:
    static bool overlaps(const Touched& record, const std::vector<Touched>& touched) {
        return std::any_of(touched.begin(), touched.end(), [&](const Touched& range) {
            return range.file == record.file && range.begin < record.end &&
                   record.begin < range.end;
        });
    }

    static bool reported(const log::Recovered& found, const Message& message,
                         const Touched& record) {
        for (const auto& queue : found.queues) {
            if (queue.declared.queue != message.first) continue;
            for (const facts::SequenceRange& range : queue.missing) {
                if (range.first <= message.second && message.second <= range.last) return true;
            }
        }
        return std::any_of(found.damage.begin(), found.damage.end(), [&](const auto& damage) {
            return "/data/" + damage.file == record.file && damage.begin.offset <= record.begin &&
                   record.begin < damage.end;
        });
    }

    void check_losses(const log::Recovered& found, const Model& model,
                      const std::vector<Touched>& touched) {
        for (const auto& [message, record] : live_) {
            const auto queue = model.queues.find(message.first);
            const bool there =
                queue != model.queues.end() && queue->second.payloads.contains(message.second);
            const bool was_touched = overlaps(record, touched);
            if (!was_touched) ++untouched_;
            if (there) continue;
            if (!was_touched) ++denied_;
            INFO("queue " << message.first << " sequence " << message.second);
            CHECK(reported(found, message, record));
        }
    }

    void check_report(const log::Recovered& found, const Model& model) {
        Model as_written = written_.scribe->model();
        if (model.text() != as_written.text()) CHECK(found.damaged());
        for (const auto& queue : found.queues) {
            if (queue.declaration_lost) continue;
            const ModelQueue& was = as_written.queues.at(queue.declared.queue);
            // What was delivered once is still known to have been.
            const std::uint64_t known = std::min(was.offered, queue.declared.next_sequence);
            CHECK(queue.declared.offered >= known);
        }
    }

    /// Recovery of what recovery left finds the same messages, and tells of the losses again.
    static void check_again(SimulatedDisk& disk, const Model& model) {
        store::LogStore log(disk, "/data", options_for(small_segment));
        auto found = log.recover({});
        REQUIRE(found.ok());
        CHECK(model_of(*found, log).text() == model.text());
    }

    Written& written_;
    std::map<Message, Touched> live_;
    std::uint64_t runs_ = 0;
    std::uint64_t untouched_ = 0;
    std::uint64_t denied_ = 0;
};

void conclude(const char* name, const Examined& examined) {
    CHECK(examined.delivered() >= 0.99);
    WARN(name << ": " << examined.runs() << " runs, 0 violations, " << examined.delivered() * 100
              << " % of the untouched messages delivered");
}

}  // namespace

TEST_CASE("one flipped bit is never silent and costs one record") {
    Written written;
    Examined examined(written);
    std::vector<std::string> files;
    for (const std::string& file : written.disk.files()) {
        if (!written.disk.bytes(file).empty()) files.push_back(file);
    }
    std::mt19937_64 random(1);
    const int flips = torture() ? 10000 : 1000;
    for (int flip = 0; flip < flips; ++flip) {
        const auto disk = written.disk.copy();
        // Every tenth goes into one of the small files or the first blocks.
        const std::string& file = files[random() % files.size()];
        std::string& bytes = disk->bytes(file);
        const std::size_t at =
            random() % (flip % 10 == 0 ? std::min<std::size_t>(64, bytes.size()) : bytes.size());
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
        examined.examine(*disk, {{file, at, at + 1}});
    }
    conclude("bit flips", examined);
}

TEST_CASE("an end that is cut off at any length is never silent") {
    Written written(torture() ? 1300 : 900, torture() ? large_segment : small_segment);
    Examined examined(written);
    const std::string last = written.last_segment();
    const std::size_t used = written.log->synced().offset;
    const std::size_t most = std::min<std::size_t>(torture() ? 64 << 10 : 4 << 10, used - 1);
    for (std::size_t cut = 1; cut <= most; ++cut) {
        const auto disk = written.disk.copy();
        disk->bytes(last).resize(used - cut);
        examined.examine(*disk, {{last, used - cut, used}});
    }
    const std::vector<std::string> files = written.disk.files();
    for (const std::string& file : files) {  // and of closed segments
        if (!file.ends_with(".seg") || file == last) continue;
        const std::size_t size = written.disk.bytes(file).size();
        for (std::size_t cut = 1; cut < size; cut += 397) {
            const auto disk = written.disk.copy();
            disk->bytes(file).resize(size - cut);
            examined.examine(*disk, {{file, size - cut, size}});
        }
    }
    conclude("truncations", examined);
}

TEST_CASE("a page that is zeroed, stale or swapped is never silent") {
    Written written;
    Examined examined(written);
    std::vector<std::pair<std::string, std::size_t>> pages;
    for (const std::string& file : written.disk.files()) {
        const std::size_t size = written.disk.bytes(file).size();
        for (std::size_t at = 0; at < size && !file.ends_with(".lock"); at += page) {
            pages.emplace_back(file, at);
        }
    }
    std::mt19937_64 random(2);
    const int damages = torture() ? 1000 : 200;
    for (int i = 0; i < damages; ++i) {
        const auto disk = written.disk.copy();
        const auto& [file, at] = pages[random() % pages.size()];
        std::string& bytes = disk->bytes(file);
        const std::size_t size = std::min(page, bytes.size() - at);
        std::vector<Touched> touched = {{file, at, at + size}};
        if (i % 3 == 0) {
            bytes.replace(at, size, size, '\0');
        } else if (i % 3 == 1) {
            std::string old;
            for (const std::string& name : written.earlier->files()) {
                if (name == file) old = written.earlier->bytes(name);
            }
            old.resize(std::max(old.size(), at + size), '\0');
            bytes.replace(at, size, old.substr(at, size));
        } else {
            const auto& [other, there] = pages[random() % pages.size()];
            std::string& others = disk->bytes(other);
            const std::size_t both = std::min(size, std::min(page, others.size() - there));
            std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                             bytes.begin() + static_cast<std::ptrdiff_t>(at + both),
                             others.begin() + static_cast<std::ptrdiff_t>(there));
            touched.push_back({other, there, there + both});
        }
        examined.examine(*disk, touched);
    }
    conclude("pages", examined);
}

}  // namespace zex::test
