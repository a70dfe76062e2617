// A direct exchange: log lines go by severity to those who asked for that severity.
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "example.h"

namespace {

/// A temporary queue that gets the lines of these severities.
zex::Consumer listen(zex::Client& client, const std::string& logs,
                     const std::vector<std::string>& severities) {
    const zex::QueueInfo queue = client.declare_queue("").value();
    client.bind(queue.name, logs, severities).value();
    return client.consume(queue.name).value();
}

void print(const std::string& who, zex::Consumer& from, int lines) {
    for (int i = 0; i < lines; ++i) {
        const zex::Delivery line = from.next().value();
        std::cout << who << " got " << line.key() << ": " << line.bytes() << '\n';
        line.ack().value();
    }
}

}  // namespace

int main() {
    return example::run([] {
        zex::Client client = zex::Client::connect(example::options()).value();
        const std::string logs = "example.logs." + client.session();
        zex::ExchangeOptions direct;
        direct.auto_delete = true;
        client.declare_exchange(logs, direct).value();

        zex::Consumer pager = listen(client, logs, {"error"});
        zex::Consumer archive = listen(client, logs, {"error", "warning", "info"});

        const std::vector<std::pair<std::string, std::string>> lines = {
            {"info", "the shop opens"},
            {"warning", "the till is slow"},
            {"error", "the till is on fire"},
            {"debug", "nobody has asked for this one"}};
        for (const auto& [severity, text] : lines) {
            const zex::Payload line = zex::Payload::text(text, "log-line", "1.0");
            const zex::Confirmed taken = client.publish(logs, severity, {line}).value();
            std::cout << severity << " went to " << taken.queues << " queue(s)\n";
        }
        print("pager", pager, 1);
        print("archive", archive, 3);
        client.close().value();
    });
}
