// What happened in a run, as one number, so that two runs of a seed can be compared; and, where it
// is asked for, as lines.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include <xxhash.h>

namespace zex::sim {

class Trace {
  public:
    explicit Trace(bool prints) : prints_(prints) {}

    void add(std::uint64_t number) {
        hash_ = (hash_ ^ number) * 0x9E3779B97F4A7C15u;
        hash_ ^= hash_ >> 29;
    }
    void add(std::string_view bytes) { add(XXH3_64bits(bytes.data(), bytes.size())); }

    template <class... Numbers>
    void note(const char* what, Numbers... numbers) {
        add(std::string_view(what));
        (add(static_cast<std::uint64_t>(numbers)), ...);
        if (!prints_) return;
        std::printf("%s", what);
        (std::printf(" %llu", static_cast<unsigned long long>(numbers)), ...);
        std::printf("\n");
    }
    void text(const std::string& line) const {
        if (prints_) std::printf("%s\n", line.c_str());
    }
    bool prints() const { return prints_; }
    std::uint64_t hash() const { return hash_; }

  private:
    std::uint64_t hash_ = 1;
    const bool prints_;
};

}  // namespace zex::sim
