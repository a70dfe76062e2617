// A value or an Error. Errors are values here; a bug crashes (see common/base/check.h).
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <zex/error.hpp>

namespace zex {

/// Thrown by Result::value() and Status::or_throw() where there is an error: for programs that
/// prefer exceptions.
class BadResult : public std::exception {
  public:
    explicit BadResult(const Error& error) : text_(error.text()) {}
    const char* what() const noexcept override { return text_.c_str(); }

  private:
    std::string text_;
};

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    /// The value; throws BadResult where there is an error instead.
    T& value() & { return require(), std::get<0>(state_); }
    const T& value() const& { return require(), std::get<0>(state_); }
    /// Of a temporary, by value: what a range-for goes over must outlive the whole expression.
    T value() && { return require(), std::get<0>(std::move(state_)); }

    /// Requires ok().
    T& operator*() { return *std::get_if<0>(&state_); }
    const T& operator*() const { return *std::get_if<0>(&state_); }
    T* operator->() { return std::get_if<0>(&state_); }
    const T* operator->() const { return std::get_if<0>(&state_); }

    /// Requires !ok().
    const Error& error() const { return *std::get_if<1>(&state_); }

  private:
    void require() const {
        if (!ok()) throw BadResult(error());
    }
    std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
class [[nodiscard]] Status {
  public:
    Status() = default;
    Status(Error error) : error_(std::move(error)) {}  // NOLINT

    bool ok() const { return !error_.has_value(); }
    explicit operator bool() const { return ok(); }
    const Error& error() const { return *error_; }  ///< requires !ok()

    /// Throws BadResult where there is an error.
    void or_throw() const {
        if (error_) throw BadResult(*error_);
    }
    /// The same, by the name that Result has for it.
    void value() const { or_throw(); }

  private:
    std::optional<Error> error_;
};

}  // namespace zex
