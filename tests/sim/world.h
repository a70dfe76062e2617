// One run of the simulation: a disk, a clock, clients, the lives of a broker, and what goes wrong,
// all from one seed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "tests/sim/broker.h"
#include "tests/sim/client.h"
#include "tests/sim/dice.h"
#include "tests/sim/ledger.h"
#include "tests/sim/trace.h"
#include "tests/store/simulated_disk.h"

namespace zex::sim {

struct Outcome {
    std::uint64_t steps = 0;
    std::uint64_t hash = 0;
    std::string failure;  ///< empty: all was as promised
};

class World {
  public:
    World(std::uint64_t seed, bool prints);
    ~World();
    Outcome run(std::uint64_t steps);

  private:
    void step();
    void client_acts();
    void broker_turn();
    void serve(Client& client);
    void store_works();
    void network();
    void misfortune();
    void time_passes();

    void start();
    void watch(test::SimulatedDisk& disk);
    std::optional<ErrorCode> fault_of(const std::string& call);
    void end_life(Cut cut);
    void after_crash();
    void stop_cleanly();
    void flip_a_bit();
    void disk_fills_up();
    void rest();
    void check_growth();
    Client* with(ConnectionId connection);

    Dice dice_;
    Trace trace_;
    ManualClock clock_;
    Ledger ledger_;
    Checker checker_;
    BrokerOptions options_;
    std::unique_ptr<test::SimulatedDisk> disk_;
    std::unique_ptr<Broker> broker_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::uint64_t last_connection_ = 0;
    std::uint64_t numbers_ = 0;
    std::uint64_t lives_ = 0;

    // What goes wrong:
    std::uint64_t fail_in_ = 0;   ///< calls of the disk until one fails
    std::uint64_t crash_in_ = 0;  ///< changing calls until the world stops
    Cut crash_cut_ = Cut::kill;
    std::unique_ptr<test::SimulatedDisk> left_;  ///< by the crash that has happened
    bool sync_failed_ = false;                   ///< this life may end by itself
    bool read_faults_ = false;
    bool disk_fills_ = false;
    bool flips_ = false;
    std::optional<std::uint64_t> full_until_;  ///< step
    std::uint64_t step_ = 0;
    Flip flip_;
    Cut next_cut_ = Cut::stop;
};

}  // namespace zex::sim
