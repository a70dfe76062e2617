// Numbers that name things, each of its own type, so that none can stand in for another.
#pragma once

#include <cstdint>
#include <functional>

namespace zex {

template <class Tag>
class Id {
  public:
    constexpr Id() = default;
    constexpr explicit Id(std::uint64_t number) : number_(number) {}
    constexpr std::uint64_t number() const { return number_; }
    constexpr explicit operator bool() const { return number_ != 0; }  ///< 0 names nothing
    constexpr auto operator<=>(const Id&) const = default;

  private:
    std::uint64_t number_ = 0;
};

using ConnectionId = Id<struct ConnectionTag>;  ///< one peer of one listener; never used again
using SessionId = Id<struct SessionTag>;        ///< outlives its connections
using QueueId = Id<struct QueueTag>;
using ConsumerId = Id<struct ConsumerTag>;

}  // namespace zex

template <class Tag>
struct std::hash<zex::Id<Tag>> {
    std::size_t operator()(zex::Id<Tag> id) const noexcept {
        return std::hash<std::uint64_t>{}(id.number());
    }
};
