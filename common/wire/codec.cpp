// Decoder: frames -> requests and replies. What each operation reads stands in describe.h.
#include "common/wire/codec.h"

#include <array>
#include <type_traits>
#include <utility>

#include "common/base/text.h"
#include "common/wire/deliver_reader.h"
#include "common/wire/describe.h"
#include "common/wire/field_reader.h"
#include "common/wire/json_reader.h"
#include "common/wire/message_fields.h"
#include "common/wire/msgpack_reader.h"
#include "common/wire/publish_reader.h"

namespace zex::wire {
namespace {

/// Frames being decoded, and what is needed for it.
struct Reading {
    const Node& envelope;
    std::optional<std::string_view> body;
    const DecodeLimits& limits;
    MessageBuffers& buffers;
};

Result<Publish> read(std::type_identity<Publish>, const Reading& in) {
    return read_publish(in.envelope, in.body, in.limits, in.buffers);
}
Result<Deliver> read(std::type_identity<Deliver>, const Reading& in) {
    return read_deliver(in.envelope, in.body, in.limits, in.buffers);
}
Result<Return> read(std::type_identity<Return>, const Reading& in) {
    return read_return(in.envelope, in.body, in.limits, in.buffers);
}
template <class Op>
Result<Op> read(std::type_identity<Op>, const Reading& in) {
    if (in.body) {
        return error(ErrorCode::wrong_frame_count,
                     std::string(operation_name<Op>) + " takes no body frame");
    }
    Op op;
    FieldReader fields(in.envelope);
    describe(fields, op);
    if (fields.fault()) return *fields.fault();
    return op;
}

template <class Variant>
struct Alternatives;

/// The alternatives of Operation or Answer, found by their names.
template <class... Ops>
struct Alternatives<std::variant<Ops...>> {
    static constexpr std::array<std::string_view, sizeof...(Ops)> names = {operation_name<Ops>...};

    /// Fills `out`, or gives why not; `known` is false where no alternative has the name.
    static std::optional<Error> read_named(std::string_view name, const Reading& in,
                                           std::variant<Ops...>& out, bool& known) {
        std::optional<Error> fault;
        known = (read_if<Ops>(name, in, out, fault) || ...);
        return fault;
    }

  private:
    template <class Op>
    static bool read_if(std::string_view name, const Reading& in, std::variant<Ops...>& out,
                        std::optional<Error>& fault) {
        if (name != operation_name<Op>) return false;
        Result<Op> op = read(std::type_identity<Op>(), in);
        if (op) {
            out.template emplace<Op>(std::move(*op));
        } else {
            fault = op.error();
        }
        return true;
    }
};

template <class Variant>
std::optional<Error> read_operation(const Reading& in, ErrorCode unknown, Variant& out) {
    std::string name;
    FieldReader fields(in.envelope);
    fields.required("op", name);
    if (fields.fault()) return fields.fault();
    bool known = false;
    auto fault = Alternatives<Variant>::read_named(name, in, out, known);
    if (known) return fault;
    std::string reason = "no operation is named '" + escaped(name, 40) + "'";
    if (const auto meant =
            name.size() <= 40 ? nearest(name, Alternatives<Variant>::names) : std::nullopt) {
        reason.append("; did you mean '").append(*meant).append("'?");
    }
    return error(unknown, std::move(reason), "op");
}

/// The first id of a batch, of which every message's id must have room in 64 bits.
std::optional<Error> check_ids(const Request& request) {
    const auto* const publish = std::get_if<Publish>(&request.operation);
    if (publish == nullptr || !request.id) return std::nullopt;
    if (*request.id + (publish->messages.size() - 1) >= *request.id) return std::nullopt;
    return error(ErrorCode::bad_field, "the ids of the batch go beyond 64 bits", "id");
}

/// What was accepted in a publish must be accepted in every reply that carries it on: properties
/// stand up to three levels deeper there (rows, row, properties), and a map may hold an envelope's
/// and an entry's at once, beside the fields of deliver. A list has a row for each of what may be
/// 100,000 queues.
DecodeLimits limits_of_replies(DecodeLimits limits) {
    limits.depth += 3;
    limits.map_entries = 2 * limits.map_entries + 16;
    limits.nodes *= 16;
    return limits;
}

std::optional<std::uint64_t> id_so_far(const Document& document) {
    const Node* const id = document.find_so_far("id");
    if (id == nullptr || id->kind != Kind::unsigned_integer) return std::nullopt;
    return id->unsigned_integer;
}

}  // namespace

struct Decoder::State {
    DecodeLimits request_limits;
    DecodeLimits reply_limits;
    Document document;
    JsonReader json;
    MessageBuffers buffers;

    /// The envelope as one map, in `document`.
    std::optional<Error> parse(Form form, std::string_view envelope, const DecodeLimits& limits) {
        auto fault = form == Form::json ? json.parse(envelope, limits, document)
                                        : parse_msgpack(envelope, limits, document);
        if (fault) return fault;
        if (document.root().kind == Kind::map) return std::nullopt;
        Error no_map =
            error(ErrorCode::malformed, "the envelope must be a map, not " +
                                            std::string(kind_name(document.root().kind)));
        no_map.offset = 0;
        return no_map;
    }

    template <class Variant>
    std::optional<Error> read(Form form, std::string_view envelope,
                              std::optional<std::string_view> body, const DecodeLimits& limits,
                              ErrorCode unknown, std::optional<std::uint64_t>& id, Variant& out) {
        if (auto fault = parse(form, envelope, limits)) return fault;
        FieldReader fields(document.root());
        fields.number("id", id);
        if (fields.fault()) return fields.fault();
        buffers.begin(envelope.size());
        return read_operation({document.root(), body, limits, buffers}, unknown, out);
    }
};

Decoder::Decoder(DecodeLimits limits) : state_(std::make_unique<State>()) {
    state_->request_limits = limits;
    state_->reply_limits = limits_of_replies(limits);
}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Form form_of(std::string_view envelope) {
    constexpr std::string_view json_starts = "{ \t\n\r";
    const bool json = !envelope.empty() && json_starts.find(envelope.front()) != json_starts.npos;
    return json ? Form::json : Form::msgpack;
}

std::variant<Decoded<Request>, Refusal> Decoder::request(std::string_view envelope,
                                                         std::optional<std::string_view> body) {
    Decoded<Request> decoded{form_of(envelope), {}};
    Request& request = decoded.value;
    auto fault = state_->read(decoded.form, envelope, body, state_->request_limits,
                              ErrorCode::unknown_operation, request.id, request.operation);
    if (!fault) fault = check_ids(request);
    if (fault) return Refusal{std::move(*fault), id_so_far(state_->document), decoded.form};
    return decoded;
}

std::variant<Decoded<Reply>, Refusal> Decoder::reply(std::string_view envelope,
                                                     std::optional<std::string_view> body) {
    Decoded<Reply> decoded{form_of(envelope), {}};
    auto fault = state_->read(decoded.form, envelope, body, state_->reply_limits,
                              ErrorCode::bad_reply, decoded.value.id, decoded.value.answer);
    if (fault) return Refusal{std::move(*fault), id_so_far(state_->document), decoded.form};
    return decoded;
}

}  // namespace zex::wire
