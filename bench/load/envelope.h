// Bytes on the wire that a message costs beyond its payload, ZeroMQ's framing included.
#pragma once

#include "bench/load/plan.h"

namespace bench {

struct EnvelopeBytes {
    double publish = 0;  ///< publisher to broker
    double confirm = 0;  ///< broker to publisher
    double deliver = 0;  ///< broker to consumer
    double settle = 0;   ///< consumer to broker
};

/// `batched`: messages follow each other as fast as they can; otherwise each waits for the confirm
/// of the one before.
EnvelopeBytes measure_envelopes(const Plan& plan, bool batched);

}  // namespace bench
