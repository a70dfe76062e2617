// A TCP proxy on loopback that a test can cut: connections through it break while both ends live.
//
// Thread: one of its own moves the bytes; the functions are the test's.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace zex::test {

class TcpProxy {
  public:
    /// Forwards to a "tcp://127.0.0.1:PORT" endpoint.
    explicit TcpProxy(const std::string& endpoint);
    ~TcpProxy();

    const std::string& endpoint() const { return endpoint_; }

    void cut();            ///< resets all connections; new ones are let through
    void refuse(bool on);  ///< closes new connections as they come

  private:
    struct Pair {
        int client = -1;
        int server = -1;
    };
    void run();
    void accept();
    static bool move_bytes(int from, int to);
    static void drop(Pair& pair);
    void ring() const;

    std::uint16_t target_ = 0;
    int listener_ = -1;
    int bell_ = -1;
    std::string endpoint_;
    std::vector<Pair> pairs_;
    std::atomic<bool> cut_{false};
    std::atomic<bool> refuse_{false};
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

}  // namespace zex::test
