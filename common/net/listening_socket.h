// The sockets of one endpoint that peers connect to, over tcp or ipc, without libzmq.
//
// Thread: any, one at a time.
// Owns: the descriptors, and the file of an ipc endpoint, which goes with them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include <zex/result.hpp>

namespace zex::net {

class ListeningSocket {
  public:
    struct Options {
        int backlog = 1024;
        bool abstract_ipc = false;  ///< allow ipc://@NAME
    };

    /// "tcp://HOST:PORT": HOST is an address, an IPv6 one in brackets, a name, an interface, or *
    /// for all; all addresses of a name are listened at, under one port. Port 0 or *: a free one.
    /// "ipc://PATH": a socket of mode 0600, at a path where there is nothing, or the socket of a
    /// process that is gone.
    static Result<ListeningSocket> open(const std::string& endpoint, const Options& options);

    ListeningSocket(ListeningSocket&& other) noexcept;
    ListeningSocket& operator=(ListeningSocket&& other) = delete;
    ~ListeningSocket();

    const std::string& endpoint() const { return endpoint_; }  ///< with the real port
    const std::vector<int>& fds() const { return fds_; }       ///< non-blocking
    bool is_ipc() const { return is_ipc_; }

  private:
    explicit ListeningSocket(std::string endpoint) : endpoint_(std::move(endpoint)) {}
    Status open_tcp(const Options& options);
    Status open_ipc(const Options& options);

    std::string endpoint_;
    std::vector<int> fds_;
    bool is_ipc_ = false;
    std::string path_;  ///< of the file that is ours; empty: none
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace zex::net
