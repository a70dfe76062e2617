// A publish, single or batch, one code path: route each run of equal keys once, enqueue, and say
// of every message what became of it.
#pragma once

#include "broker/core/state.h"

namespace zex::core {

void publish(Turn& turn, const Asker& asker, const wire::Publish& verb);

}  // namespace zex::core
