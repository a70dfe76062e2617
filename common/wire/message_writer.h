// Publish and return -> the fields of an open map. The body frame is written by codec's encode().
#pragma once

#include "common/wire/protocol.h"
#include "common/wire/writer.h"

namespace zex::wire {

void write_publish(Writer& out, const Publish& publish);
void write_return(Writer& out, const Return& returned);

}  // namespace zex::wire
