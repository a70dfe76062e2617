// The shortest whole thing: a temporary queue, one message through the default exchange, an ack.
#include <iostream>

#include "example.h"

int main() {
    return example::run([] {
        zex::Client client = zex::Client::connect(example::options()).value();
        const zex::QueueInfo queue = client.declare_queue("").value();

        // The default exchange (no name) routes to the queue that the key names.
        client.publish("", queue.name, {zex::Payload::text("hello, world")}).value();

        zex::Consumer consumer = client.consume(queue.name).value();
        const zex::Delivery delivery = consumer.next().value();
        std::cout << delivery.bytes() << '\n';
        delivery.ack().value();
        client.close().value();
    });
}
