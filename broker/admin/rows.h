// The rows of `list`, read off the core.
#pragma once

#include <vector>

#include "broker/core/core.h"
#include "common/base/time.h"
#include "common/wire/views.h"

namespace zex::admin {

std::vector<wire::QueueView> queue_rows(const core::Core& core, Instant now);
std::vector<wire::ExchangeView> exchange_rows(const core::Core& core, Instant now);
std::vector<wire::BindingView> binding_rows(const core::Core& core);
std::vector<wire::SessionView> session_rows(const core::Core& core);
std::vector<wire::ConsumerView> consumer_rows(const core::Core& core, Instant now);

}  // namespace zex::admin
