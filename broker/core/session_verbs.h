// Sessions come and go: hello, resumption, a broken connection, the end of the grace period,
// close, shutdown.
#pragma once

#include "broker/core/command.h"
#include "broker/core/state.h"

namespace zex::core {

/// Opens a session, or resumes the one whose token the hello carries.
void open_session(Turn& turn, const PeerRequest& command, const wire::Hello& hello);

void refuse_second_hello(Turn& turn, const Asker& asker);
void refuse_before_hello(Turn& turn, const PeerRequest& command);
void answer_ping(Turn& turn, const Asker& asker);

/// The connection broke: unacked deliveries go back at once, the rest waits for the grace period.
void suspend(Turn& turn, Session& session);

/// The client leaves: nothing waits.
void close_session(Turn& turn, const Asker& asker);

void end_expired_sessions(Turn& turn);

/// Says goodbye to every connected session.
void shut_down(Turn& turn);

}  // namespace zex::core
