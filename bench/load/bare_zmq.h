// libzmq with nothing around it, for the rows that show what a ZeroMQ broker could reach at most.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <zmq.h>

namespace bench {

class BareContext {
  public:
    BareContext() : context_(::zmq_ctx_new()) {}
    ~BareContext() { ::zmq_ctx_term(context_); }
    BareContext(const BareContext&) = delete;
    BareContext& operator=(const BareContext&) = delete;
    void* get() const { return context_; }

  private:
    void* context_;
};

class BareMessage {
  public:
    BareMessage() { ::zmq_msg_init(&message_); }
    ~BareMessage() { ::zmq_msg_close(&message_); }
    BareMessage(BareMessage&& other) noexcept : BareMessage() {
        ::zmq_msg_move(&message_, &other.message_);
    }
    BareMessage(const BareMessage&) = delete;
    BareMessage& operator=(const BareMessage&) = delete;
    zmq_msg_t* get() { return &message_; }
    bool more() const { return ::zmq_msg_more(&message_) != 0; }
    std::string_view bytes() {
        return {static_cast<const char*>(::zmq_msg_data(&message_)), ::zmq_msg_size(&message_)};
    }

  private:
    zmq_msg_t message_;
};

enum class Sent { yes, peer_gone };

/// Owns one socket; belongs to one thread.
class BareSocket {
  public:
    /// `high_water`: messages each way.
    BareSocket(const BareContext& context, int type, int high_water);
    ~BareSocket() { ::zmq_close(socket_); }
    BareSocket(const BareSocket&) = delete;
    BareSocket& operator=(const BareSocket&) = delete;

    void bind(const std::string& endpoint);
    void connect(const std::string& endpoint);
    void set(int option, int value);

    /// Waits for room.
    Sent send(std::string_view bytes, bool more = false);
    Sent send(BareMessage& message, bool more = false);
    /// Takes a buffer made by new char[]; no copy.
    Sent send(std::unique_ptr<char[]> buffer, std::size_t size);

    /// `wait`: until ZMQ_RCVTIMEO. False where nothing came.
    bool receive(BareMessage& message, bool wait);

  private:
    void* socket_;
};

}  // namespace bench
