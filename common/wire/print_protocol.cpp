// Prints docs/protocol.json.
#include <cstdio>

#include "common/wire/protocol_table.h"

int main() {
    const std::string table = zex::wire::protocol_table();
    return std::fwrite(table.data(), 1, table.size(), stdout) == table.size() ? 0 : 1;
}
