// An exchange that a newer program declared, of a kind that this one does not know. It keeps what
// was bound, so that the newer program finds it again, and takes no messages.
#pragma once

#include <string>
#include <string_view>

#include "broker/core/direct_exchange.h"

namespace zex::core {

class UnknownExchange final : public DirectExchange {
  public:
    UnknownExchange(std::string name_, std::string kind_, bool auto_delete_)
        : DirectExchange(std::move(name_), std::move(kind_), auto_delete_) {}

    bool is_known() const override { return false; }
    const Targets& route(std::string_view) const override {
        static const Targets none;
        return none;
    }
};

}  // namespace zex::core
