#include "bench/load/bare_zmq.h"

#include <cerrno>

#include "bench/load/fail.h"

namespace bench {
namespace {

Sent outcome(int result) {
    if (result >= 0) return Sent::yes;
    if (errno != EHOSTUNREACH) fail(std::string("zmq_send: ") + ::zmq_strerror(errno));
    return Sent::peer_gone;
}

}  // namespace

BareSocket::BareSocket(const BareContext& context, int type, int high_water)
    : socket_(::zmq_socket(context.get(), type)) {
    if (socket_ == nullptr) fail(std::string("zmq_socket: ") + ::zmq_strerror(errno));
    set(ZMQ_SNDHWM, high_water);
    set(ZMQ_RCVHWM, high_water);
    set(ZMQ_LINGER, 0);
    set(ZMQ_RCVTIMEO, 100);
    set(ZMQ_BACKLOG, 1024);
    if (type == ZMQ_ROUTER) set(ZMQ_ROUTER_MANDATORY, 1);
}

void BareSocket::bind(const std::string& endpoint) {
    if (::zmq_bind(socket_, endpoint.c_str()) != 0)
        fail("bind to " + endpoint + ": " + ::zmq_strerror(errno));
}

void BareSocket::connect(const std::string& endpoint) {
    if (::zmq_connect(socket_, endpoint.c_str()) != 0)
        fail("connect to " + endpoint + ": " + ::zmq_strerror(errno));
}

void BareSocket::set(int option, int value) {
    if (::zmq_setsockopt(socket_, option, &value, sizeof value) != 0)
        fail(std::string("zmq_setsockopt: ") + ::zmq_strerror(errno));
}

Sent BareSocket::send(std::string_view bytes, bool more) {
    return outcome(::zmq_send(socket_, bytes.data(), bytes.size(), more ? ZMQ_SNDMORE : 0));
}

Sent BareSocket::send(BareMessage& message, bool more) {
    return outcome(::zmq_msg_send(message.get(), socket_, more ? ZMQ_SNDMORE : 0));
}

Sent BareSocket::send(std::unique_ptr<char[]> buffer, std::size_t size) {
    zmq_msg_t message;
    ::zmq_msg_init_data(
        &message, buffer.release(), size,
        [](void* data, void*) { delete[] static_cast<char*>(data); }, nullptr);
    const Sent sent = outcome(::zmq_msg_send(&message, socket_, 0));
    if (sent == Sent::peer_gone) ::zmq_msg_close(&message);
    return sent;
}

bool BareSocket::receive(BareMessage& message, bool wait) {
    if (::zmq_msg_recv(message.get(), socket_, wait ? 0 : ZMQ_DONTWAIT) >= 0) return true;
    if (errno != EAGAIN && errno != EINTR) fail(std::string("zmq_recv: ") + ::zmq_strerror(errno));
    return false;
}

}  // namespace bench
