#include "common/net/zmtp/command.h"
#include "common/net/zmtp/mechanism.h"

namespace zex::net::zmtp {
namespace {

class NullMechanism final : public Mechanism {
  public:
    std::string_view name() const override { return "NULL"; }

    // An Identity among the properties is passed over: no peer names itself here.
    Outcome on_command(std::string_view frame, std::string& output) override {
        const auto command = read_command(frame);
        if (!command) return refuse(Refusal::bad_handshake, output);
        if (command->name == "ERROR") return {false, Refusal::peer_error};
        if (command->name != "READY") return refuse(Refusal::bad_handshake, output);
        bool whole = false;
        const auto type = find_property(command->data, "Socket-Type", whole);
        if (!whole || !type) return refuse(Refusal::bad_handshake, output);
        if (*type != "DEALER" && *type != "REQ") return refuse(Refusal::socket_type, output);
        std::string properties;
        add_property(properties, "Socket-Type", "ROUTER");
        output += command_frame("READY", properties);
        return {true, std::nullopt};
    }

  private:
    static Outcome refuse(Refusal why, std::string& output) {
        output += error_frame(text(why));
        return {false, why};
    }
};

}  // namespace

std::unique_ptr<Mechanism> null_mechanism() {
    return std::make_unique<NullMechanism>();
}

}  // namespace zex::net::zmtp
