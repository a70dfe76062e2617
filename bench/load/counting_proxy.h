// Stands between one client and its server and counts the bytes that pass.
//
// Thread: its own; the counts may be read from any.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace bench {

class CountingProxy {
  public:
    /// `server` is host:port. Takes one connection.
    explicit CountingProxy(const std::string& server);
    ~CountingProxy();
    CountingProxy(const CountingProxy&) = delete;
    CountingProxy& operator=(const CountingProxy&) = delete;

    const std::string& endpoint() const { return endpoint_; }  ///< host:port
    std::uint64_t to_server() const { return to_server_.load(); }
    std::uint64_t to_client() const { return to_client_.load(); }

  private:
    void run(const std::string& server);

    int listener_ = -1;
    std::string endpoint_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> to_server_{0};
    std::atomic<std::uint64_t> to_client_{0};
    std::thread thread_;
};

}  // namespace bench
