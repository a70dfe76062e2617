#include "tests/support/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace zex::test {
namespace {

struct Pipe {
    int read_end = -1;
    int write_end = -1;

    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
        read_end = ends[0];
        write_end = ends[1];
    }
};

void write_all(int fd, const std::string& text) {
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count = write(fd, text.data() + done, text.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;  // the child reads no more
        done += static_cast<std::size_t>(count);
    }
    close(fd);
}

/// A variable of `more` takes the place of one that is there.
std::vector<std::string> environment_with(const Process::Environment& more) {
    std::vector<std::string> all;
    for (const auto& [name, value] : more) all.push_back(name + "=" + value);
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view variable = *entry;
        const auto replaces = [&](const auto& each) {
            return variable.substr(0, variable.find('=')) == each.first;
        };
        if (std::none_of(more.begin(), more.end(), replaces)) all.emplace_back(variable);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> list;
    list.reserve(strings.size() + 1);
    for (std::string& text : strings) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
}

}  // namespace

Process::Process(std::vector<std::string> command, std::string input,
                 const Environment& environment) {
    const Pipe in, out, err;
    std::vector<std::string> variables = environment_with(environment);
    const std::vector<char*> argv = pointers(command);
    const std::vector<char*> envp = pointers(variables);
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        ::signal(SIGPIPE, SIG_DFL);
        dup2(in.read_end, STDIN_FILENO);
        dup2(out.write_end, STDOUT_FILENO);
        dup2(err.write_end, STDERR_FILENO);
        execve(argv[0], argv.data(), envp.data());
        _exit(127);
    }
    close(in.read_end);
    close(out.write_end);
    close(err.write_end);
    ::signal(SIGPIPE, SIG_IGN);
    out_reader_ = std::thread([this, fd = out.read_end] { read_all(fd, out_); });
    err_reader_ = std::thread([this, fd = err.read_end] { read_all(fd, err_); });
    in_writer_ = std::thread([fd = in.write_end, text = std::move(input)] { write_all(fd, text); });
}

Process::~Process() {
    if (!status_) {
        ::kill(pid_, SIGKILL);
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
    }
    in_writer_.join();
    out_reader_.join();
    err_reader_.join();
}

void Process::read_all(int fd, Stream& stream) {
    std::array<char, 65536> buffer{};
    for (;;) {
        const ssize_t count = read(fd, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        const std::lock_guard lock(mutex_);
        if (count > 0) stream.text.append(buffer.data(), static_cast<std::size_t>(count));
        if (count <= 0) stream.ended = true;
        changed_.notify_all();
        if (count <= 0) break;
    }
    close(fd);
}

std::optional<std::string> Process::line_of(Stream& stream, std::string_view part) {
    std::unique_lock lock(mutex_);
    std::optional<std::string> found;
    changed_.wait_for(lock, patience, [&] {
        const std::size_t at = stream.text.find(part);
        const std::size_t end = stream.text.find('\n', at);
        if (at != std::string::npos && end != std::string::npos) {
            const std::size_t before = stream.text.rfind('\n', at);
            const std::size_t begin = before == std::string::npos ? 0 : before + 1;
            found = stream.text.substr(begin, end - begin);
        }
        return found.has_value() || stream.ended;
    });
    return found;
}

std::optional<std::string> Process::out_line(std::string_view part) {
    return line_of(out_, part);
}

std::optional<std::string> Process::err_line(std::string_view part) {
    return line_of(err_, part);
}

bool Process::wait_out_lines(std::size_t count) {
    std::unique_lock lock(mutex_);
    std::size_t lines = 0;
    std::size_t scanned = 0;
    changed_.wait_for(lock, patience, [&] {
        for (; scanned < out_.text.size(); ++scanned) {
            if (out_.text[scanned] == '\n') ++lines;
        }
        return lines >= count || out_.ended;
    });
    return lines >= count;
}

void Process::signal(int number) const {
    ::kill(pid_, number);
}

std::optional<int> Process::wait() {
    {
        // Its pipes end when it does, however it ends.
        std::unique_lock lock(mutex_);
        const bool ended =
            changed_.wait_for(lock, patience, [&] { return out_.ended && err_.ended; });
        if (!ended) return std::nullopt;
    }
    if (!status_) {
        int status = 0;
        while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return status_;
}

bool Process::has_ended() {
    const std::lock_guard lock(mutex_);
    return out_.ended && err_.ended;
}

std::string Process::out() {
    const std::lock_guard lock(mutex_);
    return out_.text;
}

std::string Process::err() {
    const std::lock_guard lock(mutex_);
    return err_.text;
}

std::vector<std::string> Process::out_lines() {
    return lines_of(out());
}

Finished run(std::vector<std::string> command, std::string input,
             const Process::Environment& environment) {
    Process process(std::move(command), std::move(input), environment);
    const std::optional<int> code = process.wait();
    return {code.value_or(-1), process.out(), process.err()};
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

}  // namespace zex::test
