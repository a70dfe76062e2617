// A program that knows nothing of the tree: it is built against the installed library.
#include <cstdio>

#include <zex/client.hpp>

int main() {
    const zex::Error closed = zex::error(zex::ErrorCode::client_closed, "for a test");
    std::printf("%s %s\n", zex::version(), closed.text().c_str());
    return zex::info(closed.code).name == "client_closed" ? 0 : 1;
}
