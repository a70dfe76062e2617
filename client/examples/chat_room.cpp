// Everybody in the room hears everybody: an exchange is the room, each guest has a temporary queue
// bound to it. Callbacks run on a thread of the library.
#include <iostream>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "example.h"

namespace {

std::mutex screen;

class Guest {
  public:
    Guest(std::string name, std::string room, std::latch& heard)
        : name_(std::move(name)),
          room_(std::move(room)),
          client_(zex::Client::connect(example::options()).value()) {
        const zex::QueueInfo queue = client_.declare_queue("").value();
        client_.declare_exchange(room_).value();
        client_.bind(queue.name, room_, {"talk"}).value();
        const auto hear = [this, &heard](zex::Delivery& said) {
            {
                const std::lock_guard lock(screen);
                std::cout << name_ << " hears " << said.headers().at("from").get<std::string>()
                          << ": " << said.bytes() << '\n';
            }
            said.ack().value();
            heard.count_down();
        };
        ear_ = std::make_unique<zex::Consumer>(client_.consume(queue.name, {}, hear).value());
    }

    void say(const std::string& text) {
        zex::Message message{zex::Payload::text(text)};
        message.headers({{"from", name_}});
        client_.publish(room_, "talk", message).value();
    }

    void leave() { client_.close().value(); }

  private:
    std::string name_;
    std::string room_;
    zex::Client client_;
    std::unique_ptr<zex::Consumer> ear_;
};

}  // namespace

int main() {
    return example::run([] {
        zex::Client host = zex::Client::connect(example::options()).value();
        const std::string room = "example.room." + host.session();
        std::latch heard(3 * 3);  // three guests hear three sentences each
        Guest anna("Anna", room, heard);
        Guest ben("Ben", room, heard);
        Guest cleo("Cleo", room, heard);
        anna.say("hello, everybody");
        ben.say("hello, Anna");
        cleo.say("is there cake?");
        heard.wait();
        for (Guest* guest : {&anna, &ben, &cleo}) guest->leave();
        host.delete_exchange(room).value();
        host.close().value();
    });
}
