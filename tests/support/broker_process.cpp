#include "tests/support/broker_process.h"

#include <stdexcept>
#include <utility>

namespace zex::test {

BrokerProcess::BrokerProcess(std::vector<std::string> arguments, std::string listen)
    : arguments_(std::move(arguments)), endpoint_(std::move(listen)) {
    start();
}

void BrokerProcess::start() {
    std::vector<std::string> command = {built("zexd"), "--listen", endpoint_};
    command.insert(command.end(), arguments_.begin(), arguments_.end());
    process_ = std::make_unique<Process>(std::move(command));
    const auto line = process_->err_line("listening on ");
    if (!line) throw std::runtime_error("zexd does not listen: " + process_->err());
    const std::size_t at = line->find("://");
    const std::size_t begin = line->rfind(' ', at) + 1;
    endpoint_ = line->substr(begin, line->find_first_of(" \"", at) - begin);
}

void BrokerProcess::restart() {
    start();
}

int BrokerProcess::stop_with(int signal) {
    process_->signal(signal);
    return process_->wait().value_or(-1);
}

std::string built(std::string_view program) {
    return std::string(ZEX_BUILD_ROOT "/") + std::string(program);
}

}  // namespace zex::test
