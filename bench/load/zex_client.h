// A connection to zex through its public client library, and what to do with its errors here.
#pragma once

#include <algorithm>
#include <utility>

#include <zex/client.hpp>

#include "bench/load/bare_zmq.h"
#include "bench/load/fail.h"
#include "bench/load/plan.h"

namespace bench {

/// The value; the end of the program where there is an error instead.
template <class Outcome>
auto must(Outcome outcome) {
    if (!outcome.ok()) fail(outcome.error().text());
    if constexpr (requires { std::move(outcome).value(); }) return std::move(outcome).value();
}

inline zex::Options zex_options(const Plan& plan, const BareContext& context) {
    zex::Options options;
    options.endpoints = {plan.endpoint};
    options.envelope = plan.system == "zex-json" ? zex::Envelope::json : zex::Envelope::msgpack;
    options.timeout = zex::Milliseconds(20'000);
    options.unconfirmed_messages = std::max<std::uint64_t>(1, plan.window / plan.publishers);
    options.zmq_context = context.get();
    options.on_refused = [](const zex::Refused& refused) { fail(refused.error.text()); };
    return options;
}

inline zex::Client connect_zex(const Plan& plan, const BareContext& context) {
    return must(zex::Client::connect(zex_options(plan, context)));
}

}  // namespace bench
