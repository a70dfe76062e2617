// The real broker, killed in the middle of its work, started again on what the page cache has, and
// killed again; then the power goes, and takes what was not synced. A story is a row of such lives
// on one data directory; the history knows what the broker promised at the moment that the story
// goes on from, which is any of its file calls.
//
// ZEX_TORTURE=1 (./dev torture) makes 1,000 cuts for 30. ZEX_CUT_SEED=N tells the story of one
// seed. The seed chooses what is done and what each cut takes, but not the timing; so a story that
// fails keeps its directories.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/broker_process.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"
#include "tests/torture/cut_client.h"
#include "tests/torture/file_record.h"
#include "tests/torture/history.h"
#include "tests/torture/power_cut.h"
#include "tests/torture/zexd.h"

using namespace zex::test;
using nlohmann::json;

namespace {

constexpr std::uint64_t first_seed = 20261125;
constexpr int cuts_in_a_story = 3;
constexpr std::size_t faults_shown = 6;

int stories() {
    return std::getenv("ZEX_TORTURE") != nullptr ? 334 : 10;
}

/// The payloads of a log, as `zex log export` tells them in base64.
std::string decoded(const std::string& base64) {
    static const std::string digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : base64) {
        const std::size_t digit = digits.find(c);
        if (digit == std::string::npos) break;  // '='
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>(bits >> count & 0xff);
    }
    return bytes;
}

class Story {
  public:
    explicit Story(std::uint64_t seed) : random_(seed), disk_(make_disk({})) {
        history_.add_queue("sync", Promise::sync, {});
        history_.add_queue("interval", Promise::interval, std::chrono::milliseconds(30));
        history_.add_queue("none", Promise::none, {});
    }

    /// A life, and what is left at its end.
    void live(bool power_cut) {
        const std::string record = directory_.path + "/record-" + std::to_string(lives_);
        history_.life_begins();
        if (!run_broker(record)) return;
        end_at_some_call(read_record(record), power_cut);
    }

    /// Everything that is there comes, and nothing else is there then.
    void end() {
        history_.life_begins();
        Zexd zexd(setup());
        {
            CutClient client(zexd.endpoint(), history_, random_);
            if (!serve(client)) return;
            client.begin();
            if (!client.drain()) history_.faults.push_back("messages are held and do not come");
        }
        if (zexd.terminate() != 0) history_.faults.push_back(zexd.process().err());
        look();
        for (const auto& [queue, messages] : found_) {
            if (!messages.empty()) history_.faults.push_back(queue + " is not empty at the end");
        }
    }

    const History& history() const { return history_; }
    const std::string& told() const { return told_; }

    void keep() const {
        std::filesystem::rename(directory_.path, directory_.path + "-kept");
        std::fprintf(stderr, "kept: %s-kept\n", directory_.path.c_str());
    }

  private:
    std::unique_ptr<CutDisk> make_disk(const Tree& tree) {
        ++lives_;
        write_tree(tree, root());
        return std::make_unique<CutDisk>(root(), tree);
    }
    std::string root() const { return directory_.path + "/" + std::to_string(lives_) + ".disk"; }
    ZexdSetup setup() const {
        ZexdSetup setup = small_log(root());
        setup.endpoint = "ipc://" + directory_.path + "/zexd.sock";
        return setup;
    }

    /// False where the story cannot go on.
    bool serve(CutClient& client) {
        const std::set<std::string> names = client.wait_until_served();
        std::map<std::string, std::uint64_t> held = client.held();
        for (const auto& [queue, messages] : found_) {
            if (held[queue] == messages.size()) continue;
            history_.faults.push_back(queue + " has " + std::to_string(held[queue]) +
                                      " messages in the broker and " +
                                      std::to_string(messages.size()) + " in the log");
        }
        if (client.damage() != 0) history_.faults.emplace_back("the broker tells of damage");
        history_.served(found_, names);
        return history_.faults.empty();
    }

    bool run_broker(const std::string& record) {
        ZexdSetup recorded = setup();
        recorded.environment = preloaded(built("tests/torture/libfile_recorder.so"),
                                         {{record_to, record},
                                          {record_below, root()},
                                          {record_sync_us, std::to_string(random_() % 3 * 3000)}});
        Zexd zexd(recorded);
        try {
            CutClient client(zexd.endpoint(), history_, random_);
            if (!serve(client)) return false;
            client.begin();
            for (std::uint64_t acts = random_() % 60; acts > 0; --acts) client.act();
            if (random_() % 4 == 0) client.hear_all_answers();
        } catch (const std::runtime_error& wrong) {
            history_.faults.push_back(wrong.what() + zexd.process().err());
            return false;
        }
        zexd.kill();
        return true;
    }

    void end_at_some_call(const std::vector<FileEvent>& events, bool power_cut) {
        // Half of the lives end at their end, the others at some call, often one of the recovery.
        std::size_t last = events.size();
        if (random_() % 2 == 0) last = random_() % (events.size() + 1);
        if (random_() % 4 == 0) last = random_() % (std::min<std::size_t>(events.size(), 40) + 1);
        for (std::size_t i = 0; i < last; ++i) disk_->apply(events[i]);
        const bool whole = last == events.size();
        History::Moment moment = History::Clock::now();
        if (!whole) moment = History::Moment(std::chrono::nanoseconds(events[last].time_ns));
        history_.life_ended(moment, power_cut);
        told_ += "life " + std::to_string(lives_) + " ends before call " + std::to_string(last) +
                 " of " + std::to_string(events.size()) +
                 (whole ? "" : " (" + events[last].text() + ")");
        if (whole) {
            disk_->killed();
            if (disk_->seen() != read_tree(root())) {
                history_.faults.emplace_back("the record is not what the broker did");
            }
        }
        if (power_cut) {
            const auto cut = static_cast<Cut>(random_() % cuts);
            unsynced_bytes_ += disk_->unsynced_bytes();
            told_ += ", power cut " + std::string(name_of(cut)) + "\n";
            disk_ = make_disk(disk_->after(cut, random_));
        } else {
            told_ += ", killed\n";
            ++lives_;
            write_tree(disk_->seen(), root());
            disk_->killed_and_moved_to(root());
        }
        look();
        history_.check(found_);
    }

    /// What the log has, by the tool that reads it without the broker.
    void look() {
        found_.clear();
        const std::string data = root() + "/data";
        const Finished verified = run({built("zex"), "log", "verify", data});
        const Finished exported = run({built("zex"), "log", "export", data});
        if (verified.code > 1 && !history_.promises_anything()) return;  // not begun, or not whole
        if (verified.code != 0) history_.faults.push_back("verify: " + verified.out + verified.err);
        if (exported.code != 0) history_.faults.push_back("export: " + exported.err);
        for (const std::string& line : lines_of(exported.out)) {
            const json message = json::parse(line);
            found_[message.at("queue")].push_back(
                {decoded(message.at("payload")), message.at("redelivered")});
        }
    }

    std::mt19937_64 random_;
    const TemporaryDirectory directory_;
    int lives_ = 0;
    History history_;
    std::unique_ptr<CutDisk> disk_;
    FoundMessages found_;
    std::string told_;
    std::uint64_t unsynced_bytes_ = 0;
};

struct Sums {
    std::uint64_t cuts = 0;
    std::uint64_t kills = 0;
    std::uint64_t confirmations = 0;
    std::uint64_t losses = 0;
    std::uint64_t redeliveries = 0;
};

void tell(std::uint64_t seed, Sums& sums) {
    Story story(seed);
    const auto good = [&] { return story.history().faults.empty(); };
    std::mt19937_64 random(seed);
    for (int cut = 0; cut < cuts_in_a_story && good(); ++cut) {
        for (std::uint64_t kills = random() % 3; kills > 0 && good(); --kills) {
            story.live(false);
            ++sums.kills;
        }
        if (good()) story.live(true);
        ++sums.cuts;
    }
    if (good()) story.end();
    std::vector<std::string> first_faults = story.history().faults;
    first_faults.resize(std::min<std::size_t>(first_faults.size(), faults_shown));
    INFO("ZEX_CUT_SEED=" << seed << "\n" << story.told());
    CHECK(first_faults == std::vector<std::string>{});
    if (!good()) story.keep();
    sums.confirmations += story.history().confirmations();
    sums.losses += story.history().losses();
    sums.redeliveries += story.history().redeliveries();
}

}  // namespace

TEST_CASE("kill -9 and then a power cut at any call cost nothing that was promised", "[torture]") {
    Sums sums;
    if (const char* seed = std::getenv("ZEX_CUT_SEED")) {
        tell(std::stoull(seed), sums);
        return;
    }
    for (int story = 0; story < stories(); ++story) {
        tell(first_seed + static_cast<std::uint64_t>(story), sums);
    }
    std::fprintf(stderr,
                 "%lu cuts, %lu kills: %lu confirmed, %lu lost that might be, %lu flagged\n",
                 sums.cuts, sums.kills, sums.confirmations, sums.losses, sums.redeliveries);
    CHECK(sums.confirmations > 0);
    // Of few cuts all may come when everything was synced.
    if (sums.cuts > 100) CHECK(sums.losses > 0);
    CHECK(sums.redeliveries > 0);
}
