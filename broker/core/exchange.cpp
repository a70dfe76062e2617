#include "broker/core/exchange.h"

#include <utility>

#include "broker/core/direct_exchange.h"

namespace zex::core {

Exchange::Exchange(std::string name_, std::string kind_, bool auto_delete_)
    : name(std::move(name_)), kind(std::move(kind_)), auto_delete(auto_delete_) {}

bool is_known_kind(std::string_view kind) {
    return make_exchange({}, std::string(kind), false) != nullptr;
}

std::unique_ptr<Exchange> make_exchange(const std::string& name, const std::string& kind,
                                        bool auto_delete) {
    if (kind == "direct") return std::make_unique<DirectExchange>(name, auto_delete);
    return nullptr;
}

}  // namespace zex::core
