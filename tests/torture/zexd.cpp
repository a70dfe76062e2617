#include "tests/torture/zexd.h"

#include <cstdlib>
#include <utility>

#include "tests/support/broker_process.h"

namespace zex::test {

ZexdSetup small_log(const std::string& directory) {
    return {"ipc://" + directory + "/zexd.sock",
            directory + "/data",
            {"--storage-segment-bytes", "65536", "--storage-free-bytes-min", "0"},
            {},
            {}};
}

Zexd::Zexd(const ZexdSetup& setup) : endpoint_(setup.endpoint) {
    std::vector<std::string> command = setup.under;
    command.insert(command.end(),
                   {built("zexd"), "--listen", setup.endpoint, "--data-dir", setup.data});
    command.insert(command.end(), setup.arguments.begin(), setup.arguments.end());
    process_ = std::make_unique<Process>(std::move(command), "", setup.environment);
}

bool Zexd::is_ready() {
    return process_->err_line("log read").has_value();
}

void Zexd::kill() {
    process_->signal(SIGKILL);
    process_->wait();
}

int Zexd::terminate() {
    process_->signal(SIGTERM);
    return process_->wait().value_or(-1);
}

Process::Environment preloaded(const std::string& library, Process::Environment more) {
    const char* options = std::getenv("ASAN_OPTIONS");
    const std::string asan = options == nullptr ? "" : std::string(options) + ":";
    more.emplace_back("LD_PRELOAD", library);
    more.emplace_back("ASAN_OPTIONS", asan + "verify_asan_link_order=0");
    return more;
}

}  // namespace zex::test
