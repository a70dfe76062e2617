#include <cstdio>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "broker/settings.h"

using namespace zex;
using Show = Invocation::Show;

namespace {

using Variables = std::map<std::string, std::string>;

Result<Invocation> invoke(std::vector<const char*> arguments, const Variables& variables = {}) {
    arguments.insert(arguments.begin(), "zexd");
    return read_settings(static_cast<int>(arguments.size()), arguments.data(),
                         [&variables](const char* name) {
                             const auto found = variables.find(name);
                             return found == variables.end() ? nullptr : found->second.c_str();
                         });
}

/// A settings file that is gone with the object.
class File {
  public:
    explicit File(const std::string& text) { std::ofstream(path_) << text; }
    ~File() { std::remove(path_.c_str()); }
    const char* path() const { return path_.c_str(); }

  private:
    std::string path_ = "settings-test-" + std::to_string(::getpid()) + ".toml";
};

std::string refusal(const Result<Invocation>& result, int code) {
    REQUIRE_FALSE(result.ok());
    CHECK(exit_code(result.error()) == code);
    return result.error().reason;
}

}  // namespace

TEST_CASE("without arguments the defaults stand") {
    const auto invocation = invoke({});
    REQUIRE(invocation.ok());
    CHECK(invocation->show == Show::nothing);
    CHECK_FALSE(invocation->check_config);
    CHECK(config_file_text(invocation->settings) == config_file_text());
}

TEST_CASE("a flag goes before a variable, that before the file, that before the default") {
    const File file("[net]\nio_threads = 2\nbacklog = 2\nsend_queue_messages = 2\n");
    const Variables variables = {{"ZEXD_NET_IO_THREADS", "3"}, {"ZEXD_NET_BACKLOG", "3"}};
    const auto invocation = invoke({"--config", file.path(), "--net-io-threads", "4"}, variables);
    REQUIRE(invocation.ok());
    const Settings::Net& net = invocation->settings.net;
    CHECK(net.io_threads == 4);
    CHECK(net.backlog == 3);
    CHECK(net.send_queue_messages == 2);
    CHECK(net.receive_queue_messages == Settings{}.net.receive_queue_messages);
}

TEST_CASE("the file may be named by a variable, which a flag overrides") {
    const File file("[net]\nio_threads = 2\n");
    const auto named = invoke({}, {{"ZEXD_CONFIG", file.path()}});
    REQUIRE(named.ok());
    CHECK(named->settings.net.io_threads == 2);
    CHECK(invoke({"--config", file.path()}, {{"ZEXD_CONFIG", "no/such/file"}}).ok());
}

TEST_CASE("listen may be repeated and replaces the default endpoints") {
    const auto invocation = invoke({"--listen", "inproc://a", "--listen=inproc://b,inproc://c"});
    REQUIRE(invocation.ok());
    CHECK(invocation->settings.listen.endpoints ==
          std::vector<std::string>{"inproc://a", "inproc://b", "inproc://c"});
}

TEST_CASE("a switch stands alone or with a value") {
    const auto open = invoke({"--listen", "tcp://*:0", "--allow-insecure-bind"});
    REQUIRE(open.ok());
    CHECK(open->settings.listen.allow_insecure_bind);
    const auto shut = invoke({"--allow-insecure-bind=false"});
    REQUIRE(shut.ok());
    CHECK_FALSE(shut->settings.listen.allow_insecure_bind);
}

TEST_CASE("of a flag given twice the last one counts") {
    const auto invocation = invoke({"--log-level", "debug", "--log-level", "warn"});
    REQUIRE(invocation.ok());
    CHECK(invocation->settings.log.level == "warn");
}

TEST_CASE("every option can be set by its flag and by its variable") {
    for (const Option& row : option_table()) {
        INFO(row.key);
        std::string text = toml_text(row.value({}));
        std::erase_if(text, [](char c) { return c == '"' || c == '[' || c == ']' || c == ' '; });
        if (text.empty()) text = "something";
        const std::string flag = row.flag() + "=" + text;
        CHECK(invoke({flag.c_str()}).ok());
        CHECK(invoke({}, {{row.variable(), text}}).ok());
        CHECK_FALSE(invoke({}, {{row.variable(), "\x01"}}).ok());
    }
}

TEST_CASE("an empty variable counts as not set") {
    CHECK(invoke({}, {{"ZEXD_LOG_LEVEL", ""}, {"ZEXD_CONFIG", ""}}).ok());
}

TEST_CASE("a bad command line is the caller's fault: 64") {
    CHECK(refusal(invoke({"--lisen", "x"}), 64) ==
          "unknown option --lisen; did you mean --listen?");
    CHECK(refusal(invoke({"--nothing-like-it=4"}), 64) ==
          "unknown option --nothing-like-it; see zexd --help");
    CHECK(refusal(invoke({"start"}), 64) == "unexpected argument 'start'; see zexd --help");
    CHECK(refusal(invoke({"--log-level", "loud"}), 64) ==
          "--log-level = 'loud' is not among its values; expected debug, info, warn or "
          "error");
    CHECK(refusal(invoke({"--net-io-threads"}), 64).find("--net-io-threads") != std::string::npos);
    CHECK(refusal(invoke({"--listen", "tcp://*:5695"}), 64).find("tcp://*:5695") !=
          std::string::npos);
}

TEST_CASE("a bad file or environment is the configuration's fault: 78") {
    const File file("[log]\nlevl = 'info'\n");
    CHECK(refusal(invoke({"--config", file.path()}), 78) ==
          std::string(file.path()) + ":2:1: unknown key 'log.levl'; did you mean 'level'?");
    CHECK(refusal(invoke({"--config", "no/such/file"}), 78) == "no/such/file: cannot be read");
    CHECK(refusal(invoke({"--config", "."}), 78) == ".: cannot be read");
    CHECK(refusal(invoke({}, {{"ZEXD_NET_BACKLOG", "many"}}), 78) ==
          "ZEXD_NET_BACKLOG = 'many' is not usable; expected a whole number of connections from 1 "
          "to 65535");
    refusal(invoke({}, {{"ZEXD_LISTEN_ENDPOINTS", "tcp://*:1"}}), 78);
}

TEST_CASE("a file that is too large to be one is not read to its end") {
    const File file(std::string((1 << 20) + 1, '#'));
    CHECK(refusal(invoke({"--config", file.path()}), 78).find("larger than 1 MiB") !=
          std::string::npos);
}

TEST_CASE("check-config accepts good settings and refuses bad ones") {
    const auto good = invoke({"--check-config"});
    REQUIRE(good.ok());
    CHECK(good->check_config);
    CHECK_FALSE(invoke({"--check-config", "--listen", "nonsense"}).ok());
}

TEST_CASE("help names every flag, and comes even where the settings are bad") {
    const auto help = invoke({"--help"}, {{"ZEXD_NET_BACKLOG", "many"}});
    REQUIRE(help.ok());
    CHECK(help->show == Show::help);
    for (const Option& row : option_table()) {
        INFO(row.key);
        CHECK(help->text.find("  " + row.flag() + "\n") != std::string::npos);
    }
    for (const char* flag : {"--config", "--check-config", "--print-config", "--version"}) {
        CHECK(help->text.find(flag) != std::string::npos);
    }
}

TEST_CASE("version, config and docs are printed") {
    CHECK(invoke({"--version"}).value().text.starts_with("zexd "));
    CHECK(invoke({"--print-settings-doc"}).value().text == settings_doc());
    CHECK(invoke({"--print-errors-doc"}).value().text == errors_doc());
    const auto config = invoke({"--print-config", "--log-level", "warn"}).value();
    CHECK(config.show == Show::config);
    CHECK(config.text.find("level = \"warn\"") != std::string::npos);
}

TEST_CASE("a variable that is no option is named, others are left alone") {
    const char* const environment[] = {"PATH=/bin",     "ZEXD_LOG_LEVEL=info",
                                       "ZEXD_CONFIG=a", "ZEXD_LOG_LEVLE=debug",
                                       "ZEXD_",         nullptr};
    const auto unknown = unknown_variables(environment);
    REQUIRE(unknown.size() == 2);
    CHECK(unknown[0].field == "ZEXD_LOG_LEVLE");
    CHECK(unknown[0].reason ==
          "the environment variable ZEXD_LOG_LEVLE is no option of zexd; did you mean "
          "ZEXD_LOG_LEVEL?");
}
