// First in, first out, in chunks that grow with use: nothing is allocated while it is empty, little
// for a few elements, and elements never move.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace zex::core {

template <class T>
class Fifo {
  public:
    Fifo() = default;
    ~Fifo() { clear(); }
    Fifo(const Fifo&) = delete;
    Fifo& operator=(const Fifo&) = delete;

    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }

    /// References to elements stay good until they are popped.
    T& push() {
        if (last_ == nullptr || last_->end == last_->capacity) add_chunk();
        T* element = new (last_->element(last_->end)) T();
        ++last_->end;
        ++size_;
        return *element;
    }

    // All of these require that it is not empty.
    T& front() { return *first_->element(first_->begin); }
    const T& front() const { return *first_->element(first_->begin); }
    T& back() { return *last_->element(last_->end - 1); }
    void pop() {
        front().~T();
        --size_;
        if (++first_->begin < first_->end) return;
        if (first_ == last_) {
            first_->begin = first_->end = 0;  // and is filled again
        } else {
            release_first();
        }
    }

    void clear() {
        while (!empty()) pop();
        while (first_ != nullptr) release_first();
    }

    /// Calls visit(element) from the first to the last, until it gives false.
    template <class Visit>
    void each(const Visit& visit) const {
        for (Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
            for (std::size_t i = chunk->begin; i < chunk->end; ++i) {
                if (!visit(std::as_const(*chunk->element(i)))) return;
            }
        }
    }

    /// Calls visit(element) for all, which it may change.
    template <class Visit>
    void change_each(const Visit& visit) {
        for (Chunk* chunk = first_; chunk != nullptr; chunk = chunk->next) {
            for (std::size_t i = chunk->begin; i < chunk->end; ++i) visit(*chunk->element(i));
        }
    }

  private:
    static constexpr std::size_t smallest = 4;
    static constexpr std::size_t largest = 64;

    struct Chunk {
        Chunk* next = nullptr;
        std::size_t capacity = 0;
        std::size_t begin = 0;
        std::size_t end = 0;

        T* element(std::size_t i) { return reinterpret_cast<T*>(this + 1) + i; }
    };
    static_assert(alignof(T) <= alignof(Chunk) && sizeof(Chunk) % alignof(T) == 0);

    void add_chunk() {
        const std::size_t capacity =
            last_ == nullptr ? smallest : std::min(last_->capacity * 4, largest);
        void* memory = ::operator new(sizeof(Chunk) + capacity * sizeof(T));
        auto* chunk = new (memory) Chunk;
        chunk->capacity = capacity;
        (last_ == nullptr ? first_ : last_->next) = chunk;
        last_ = chunk;
    }

    void release_first() {
        Chunk* chunk = first_;
        first_ = chunk->next;
        if (first_ == nullptr) last_ = nullptr;
        ::operator delete(chunk);
    }

    Chunk* first_ = nullptr;
    Chunk* last_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace zex::core
