// Operators through the C ABI against libtorch called directly: every signature that has a typed call, and the others.
#include "../values.h"
#include "calls.h"

using orchestrator::Optional;

namespace {

at::Tensor sample(at::ScalarType type, at::IntArrayRef shape = {3, 4}) {
    return at::arange(1, 1 + c10::multiply_integers(shape), at::kDouble).sin().mul(7).reshape(shape).to(type);
}

const at::ScalarType kTypes[] = {at::kFloat, at::kDouble, at::kBFloat16, at::kLong, at::kInt, at::kBool};

}  // namespace

TEST(element_types_pass_through_unchanged) {
    for (const at::ScalarType type : kTypes) {
        const at::Tensor x = sample(type);
        const at::Tensor y = sample(type).flip(0);
        HOLDS(same(x + y, one("add", "Tensor", {x, y})));
        HOLDS(same(x * y, one("mul", "Tensor", {x, y})));
        HOLDS(same(x.eq(y), one("eq", "Tensor", {x, y})));
        HOLDS(same(x.sum(), one("sum", "", {x})));
        HOLDS(same(x.sum(1, true, at::kFloat),
                   one("sum", "dim_IntList", {x, std::vector<int64_t>{1}, true, at::kFloat})));
        HOLDS(same(x.t(), one("t", "", {x})));
        HOLDS(same(at::cat({x, y}, 1), one("cat", "", {std::vector<at::Tensor>{x, y}, 1})));
        if (type != at::kBool) {
            HOLDS(same(x - y, one("sub", "Tensor", {x, y})));
            HOLDS(same(x.max(), one("max", "", {x})));
            HOLDS(same(x.matmul(y.t()), one("matmul", "", {x, y.t()})));
        }
    }
}

TEST(kinds_of_numbers_decide_the_result_type) {
    const at::Tensor x = sample(at::kLong);
    HOLDS(same(x + 2, one("add", "Scalar", {x, 2})));
    HOLDS(same(x + 2.5, one("add", "Scalar", {x, 2.5})));
    HOLDS(same(at::add(x, at::Scalar(true)), one("add", "Scalar", {x, true})));
    HOLDS(same(x.to(at::kBFloat16) * 0.1, one("mul", "Scalar", {x.to(at::kBFloat16), 0.1})));
    HOLDS(same(x.toType(at::kDouble).pow(2), one("pow", "Tensor_Scalar", {x.toType(at::kDouble), 2})));
}

TEST(every_typed_signature_gives_what_libtorch_gives) {
    const at::Tensor x = sample(at::kDouble);
    const at::Tensor y = sample(at::kDouble).flip(1);
    const at::Tensor z = sample(at::kDouble).abs() + 1;
    const at::Tensor cube = sample(at::kDouble, {2, 3, 4});
    const at::Tensor mask = x > 0;
    using Ints = std::vector<int64_t>;
    HOLDS(same(x.exp(), one("exp", "", {x})));
    HOLDS(same(x.atan2(y), one("atan2", "", {x, y})));
    HOLDS(same(at::where(mask, x, y), one("where", "self", {mask, x, y})));
    HOLDS(same(x.fmod(0.5), one("fmod", "Scalar", {x, 0.5})));
    HOLDS(same(at::hardtanh(x, -2, 3), one("hardtanh", "", {x, -2, 3})));
    HOLDS(same(at::hardtanh(x, -1, 3), one("hardtanh", "", {x, Value::fallback(), 3})));
    HOLDS(same(at::hardtanh(x), one("hardtanh", "", {x})));
    HOLDS(same(at::add(x, y, 2.5), one("add", "Tensor", {x, y, 2.5})));
    HOLDS(same(at::addcmul(x, y, z, 0.5), one("addcmul", "", {x, y, z, 0.5})));
    HOLDS(same(x.unsqueeze(-1), one("unsqueeze", "", {x, -1})));
    HOLDS(same(x.transpose(0, 1), one("transpose", "int", {x, 0, 1})));
    HOLDS(same(x.std(false), one("std", "", {x, false})));
    HOLDS(same(x.argmax(1, true), one("argmax", "", {x, 1, true})));
    HOLDS(same(x.all(1, true), one("all", "dim", {x, 1, true})));
    HOLDS(same(x.mean(at::kFloat), one("mean", "", {x, at::kFloat})));
    HOLDS(same(x.softmax(-1), one("softmax", "int", {x, -1})));
    HOLDS(same(x.softmax(-1, at::kFloat), one("softmax", "int", {x, -1, at::kFloat})));
    HOLDS(same(cube.sum(at::IntArrayRef({0, -1}), true), one("sum", "dim_IntList", {cube, Ints{0, -1}, true})));
    HOLDS(same(cube.sum(at::OptionalIntArrayRef(), false), one("sum", "dim_IntList", {cube, Value()})));
    HOLDS(same(cube.permute({2, 0, 1}), one("permute", "", {cube, Ints{2, 0, 1}})));
    HOLDS(same(cube.amax({1}, true), one("amax", "", {cube, Ints{1}, true})));
    HOLDS(same(cube.view({6, 4}), one("view", "", {cube, Ints{6, 4}})));
    HOLDS(same(x.unsqueeze(0).expand({5, -1, -1}), one("expand", "", {x.unsqueeze(0), Ints{5, -1, -1}})));
    HOLDS(same(cube.narrow(2, 1, 2), one("narrow", "", {cube, 2, 1, 2})));
    HOLDS(same(cube.select(1, -1), one("select", "int", {cube, 1, -1})));
    HOLDS(same(cube.diagonal(1, 0, 2), one("diagonal", "", {cube, 1, 0, 2})));
    HOLDS(same(at::addmm(y.t().mm(x), y.t(), x, 0.5, 2), one("addmm", "", {y.t().mm(x), y.t(), x, 0.5, 2})));
    HOLDS(same(at::stack({x, y}, 1), one("stack", "", {std::vector<at::Tensor>{x, y}, 1})));
}

TEST(what_works_in_place_gives_its_first_argument_back) {
    const at::Tensor x = sample(at::kDouble);
    const at::Tensor y = x.clone();
    const at::Tensor result = one("mul_", "Tensor", {y, x});
    HOLDS(result.is_same(y));
    HOLDS(same(x * x, y));
    HOLDS(one("exp_", "", {y}).is_same(y) && same((x * x).exp(), y));
    HOLDS(one("add_", "Scalar", {y, 2, 3}).is_same(y) && same((x * x).exp().add(2, 3), y));
    HOLDS(one("fill_", "Scalar", {y, 0.25}).is_same(y) && same(at::full_like(x, 0.25), y));
    HOLDS(one("copy_", "", {y, x, false}).is_same(y) && same(x, y));
    HOLDS(one("clamp_", "", {y, -1, 1}).is_same(y) && same(x.clamp(-1, 1), y));
    HOLDS(one("addcmul_", "", {y, x, x, 0.5}).is_same(y) && same(x.clamp(-1, 1).addcmul(x, x, 0.5), y));
}

TEST(results_nobody_takes_are_dropped) {
    const int64_t live = orc_torch_live(0);
    const at::Tensor x = sample(at::kFloat).clone();
    const at::Tensor before = x.clone();
    std::vector<OrcValue> none;
    EQUAL(0, call("mul_", "Scalar", {x, 2}, none));
    EQUAL(0, call("max", "dim", {x, 1, false}, none));
    HOLDS(same(before * 2, x));
    EQUAL(live, orc_torch_live(0));
}

TEST(views_share_memory_and_handles_count_references) {
    const int64_t live = orc_torch_live(0);
    at::Tensor x = sample(at::kFloat, {2, 6});
    {
        const at::Tensor view = one("view", "", {x, std::vector<int64_t>{3, 4}});
        HOLDS(view.data_ptr() == x.data_ptr());
        view.fill_(5);
        HOLDS(x.eq(5).all().item<bool>());
        EQUAL(size_t{1}, view.use_count());
    }
    EQUAL(size_t{1}, x.use_count());
    orc_torch_retain(x.unsafeGetTensorImpl());
    EQUAL(size_t{2}, x.use_count());
    orc_torch_release(x.unsafeGetTensorImpl());
    EQUAL(size_t{1}, x.use_count());
    EQUAL(live, orc_torch_live(0));
    HOLDS(orc_torch_live(1) > live);
}

TEST(lists_strings_optionals_and_several_results_go_through_the_boxed_call) {
    const at::Tensor x = sample(at::kDouble, {4, 5});
    const at::Tensor rows = at::tensor({3, 0, 3}, at::kLong);
    HOLDS(
        same(x.index({Optional<at::Tensor>(), rows}), one("index", "Tensor", {x, Value({at::Tensor(), rows}, true)})));
    HOLDS(same(at::einsum("ij,kj->ik", {x, x}), one("einsum", "", {"ij,kj->ik", std::vector<at::Tensor>{x, x}})));
    HOLDS(same(x.div(0.3, "floor"), one("div", "Scalar_mode", {x, 0.3, "floor"})));
    HOLDS(same(at::layer_norm(x, {5}), one("layer_norm", "", {x, std::vector<int64_t>{5}, Value(), Value(), 1e-5})));
    HOLDS(same(at::layer_norm(x, {5}, x[0], x[1], 1),
               one("layer_norm", "", {x, std::vector<int64_t>{5}, x[0], x[1], 1})));
    HOLDS(same(x.nan_to_num(1.0), one("nan_to_num", "", {x, 1})));
    HOLDS(same(x.clamp(Optional<at::Scalar>(), 1), one("clamp", "", {x, Value(), 1})));
    const auto parts = many("split_with_sizes", "", {x, std::vector<int64_t>{1, 3}, 0});
    EQUAL(size_t{2}, parts.size());
    HOLDS(same(x.slice(0, 1), parts[1]));
    const auto [values, indices] = x.topk(2, 1);
    const auto top = many("topk", "", {x, 2, 1, true, true});
    HOLDS(same(values, top[0]) && same(indices, top[1]));
    std::vector<OrcValue> result(1);
    EQUAL(0, call("equal", "", {x, x.clone()}, result));
    EQUAL(static_cast<int32_t>(ORC_BOOL), result[0].tag);
    EQUAL(int64_t{1}, result[0].integer);
    EQUAL(0, call("item", "", {x[1][2]}, result));
    EQUAL(static_cast<int32_t>(ORC_DOUBLE), result[0].tag);
    EQUAL(x[1][2].item<double>(), result[0].real);
    EQUAL(0, call("item", "", {rows[0]}, result));
    EQUAL(static_cast<int32_t>(ORC_INT), result[0].tag);
}

TEST(devices_and_types_make_tensors) {
    OrcValue device{};
    device.tag = ORC_DEVICE;
    device.integer = -1;
    device.aux = static_cast<int32_t>(at::kCPU);
    Value here;
    here.value = device;
    const at::Tensor made = one("full", "", {std::vector<int64_t>{2, 3}, 1.5, at::kBFloat16, Value(), here, Value()});
    HOLDS(same(at::full({2, 3}, 1.5, at::kBFloat16), made));
    HOLDS(same(made.to(at::kFloat),
               one("to", "dtype_layout", {made, at::kFloat, Value(), here, Value(), false, true, Value()})));
}

TEST(generators_give_what_libtorchs_give) {
    void* generator = nullptr;
    int64_t seed = 0;
    EQUAL(0, orc_torch_generator(static_cast<int>(at::kCPU), -1, 0, &generator));
    EQUAL(0, orc_torch_generator_seed(generator, 0, 42, &seed));
    EQUAL(int64_t{42}, seed);
    at::Generator reference = at::globalContext().defaultGenerator(at::kCPU).clone();
    reference.set_current_seed(42);
    Value chance;
    chance.value.tag = ORC_GENERATOR;
    chance.value.pointer = generator;
    const at::Tensor expected = at::randn({5}, reference);
    HOLDS(same(expected, one("randn", "generator", {std::vector<int64_t>{5}, chance})));
    HOLDS(same(at::zeros({4}).normal_(1, 2, reference), one("normal_", "", {at::zeros({4}), 1, 2.0, chance})));
    orc_torch_generator_release(generator);
}
