// Runs the tests whose name contains the argument; ends with "N passed, N failed" and 0 if none failed.
#include <cstdio>
#include <cstring>

#include "harness.h"

int main(int count, char** arguments) {
    int passed = 0;
    int failed = 0;
    for (const Test& test : tests()) {
        if (count > 1 && std::strstr(test.name, arguments[1]) == nullptr) {
            continue;
        }
        try {
            test.run();
            ++passed;
        } catch (const std::exception& error) {
            ++failed;
            std::printf("%s: %s\n", test.name, error.what());
        }
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
