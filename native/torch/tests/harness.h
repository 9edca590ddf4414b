// Tests are functions that register themselves; a failed check throws.
#pragma once

#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

struct Test {
    const char* name;
    void (*run)();
};

inline std::vector<Test>& tests() {
    static std::vector<Test> all;
    return all;
}

struct Registered {
    Registered(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

#define TEST(name)                                  \
    static void name();                             \
    static const Registered name##_is(#name, name); \
    static void name()

#define HOLDS(what)                                                                                        \
    do {                                                                                                   \
        if (!(what)) {                                                                                     \
            throw std::runtime_error(std::string(__FILE__) + ":" + std::to_string(__LINE__) + ": " #what); \
        }                                                                                                  \
    } while (false)

#define EQUAL(expected, found)                                                                                   \
    do {                                                                                                         \
        const auto wanted_ = (expected);                                                                         \
        const auto found_ = (found);                                                                             \
        if (!(wanted_ == found_)) {                                                                              \
            std::ostringstream text_;                                                                            \
            text_ << __FILE__ << ":" << __LINE__ << ": " #found " is '" << found_ << "' instead of '" << wanted_ \
                  << "'";                                                                                        \
            throw std::runtime_error(text_.str());                                                               \
        }                                                                                                        \
    } while (false)
