// What goes wrong comes out as a status and libtorch's own text, and nothing is left behind.
#include <thread>

#include "calls.h"

namespace {

template <typename F>
std::string text_of(F&& body) {
    try {
        body();
    } catch (const c10::Error& error) {
        return error.what_without_backtrace();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "nothing was thrown";
}

std::string failure(const std::string& name, const std::string& overload, std::vector<Value> arguments) {
    std::vector<OrcValue> results(4);
    EQUAL(1, call(name, overload, std::move(arguments), results));
    return orc_torch_error();
}

}  // namespace

TEST(an_error_has_libtorchs_text) {
    const at::Tensor x = at::ones({2, 3});
    const at::Tensor y = at::ones({4, 5});
    EQUAL(text_of([&] { x + y; }), failure("add", "Tensor", {x, y}));
    EQUAL(text_of([&] { x.matmul(y); }), failure("matmul", "", {x, y}));
    EQUAL(text_of([&] { x.view({7}); }), failure("view", "", {x, std::vector<int64_t>{7}}));
    EQUAL(text_of([&] { x.softmax(5); }), failure("softmax", "int", {x, 5}));
    EQUAL(text_of([&] { at::cat({x, y}, 0); }), failure("cat", "", {std::vector<at::Tensor>{x, y}, 0}));
    EQUAL(text_of([&] { x.to(at::kLong).mean(); }), failure("mean", "", {x.to(at::kLong)}));
    EQUAL(text_of([&] { at::einsum("ij,kl->i", {x}); }),
          failure("einsum", "", {"ij,kl->i", std::vector<at::Tensor>{x}}));
}

TEST(a_call_that_cannot_be_made_says_why) {
    const at::Tensor x = at::ones({2, 3});
    void* op = nullptr;
    EQUAL(1, orc_torch_find("aten::no_such_operator", "", &op));
    HOLDS(std::string(orc_torch_error()).find("has no operator aten::no_such_operator") != std::string::npos);
    HOLDS(failure("add", "Tensor", {x}).find("argument other is missing") != std::string::npos);
    HOLDS(failure("exp", "", {x, x}).find("takes 1 arguments, not 2") != std::string::npos);
    HOLDS(failure("exp", "", {"text"}) != "");
    HOLDS(failure("exp", "", {at::Tensor()}) != "");
    HOLDS(failure("add", "Tensor", {x, at::Tensor()}) != "");
    HOLDS(failure("softmax", "int", {x, 0.5}) != "");
    const int64_t live = orc_torch_live(0);
    HOLDS(failure("unbind", "int", {at::ones({9, 2}), 0}).find("gave 9 results where 4 were expected") !=
          std::string::npos);
    EQUAL(live, orc_torch_live(0));
}

TEST(a_failed_call_does_not_hurt_the_next) {
    const at::Tensor x = at::ones({2, 3});
    for (int i = 0; i < 100; ++i) {
        failure("matmul", "", {x, x});
        HOLDS(same(x + x, one("add", "Tensor", {x, x})));
    }
    EQUAL(size_t{1}, x.use_count());
}

TEST(each_thread_has_its_own_error) {
    const at::Tensor x = at::ones({2, 3});
    std::vector<std::thread> threads;
    std::vector<std::string> problems(4);
    for (int64_t i = 0; i < 4; ++i) {
        find("view", "");
        threads.emplace_back([&, i] {
            try {
                for (int round = 0; round < 200; ++round) {
                    const std::string text = failure("view", "", {x, std::vector<int64_t>{70 + i}});
                    HOLDS(text.find("[" + std::to_string(70 + i) + "]") != std::string::npos);
                }
            } catch (const std::exception& error) {
                problems[i] = error.what();
            }
        });
    }
    for (int i = 0; i < 4; ++i) {
        threads[i].join();
        EQUAL(std::string(), problems[i]);
    }
}
