// Facts about tensors, and memory that comes from elsewhere.
#include "calls.h"

TEST(facts_are_those_of_the_tensor) {
    const at::Tensor x = at::arange(24, at::kInt).reshape({2, 3, 4}).transpose(0, 2).slice(1, 1);
    OrcMeta meta{};
    EQUAL(0, orc_torch_meta(x.unsafeGetTensorImpl(), &meta));
    HOLDS(meta.data == x.data_ptr());
    EQUAL(x.numel(), meta.count);
    EQUAL(x.storage_offset(), meta.storage_offset);
    EQUAL(static_cast<int32_t>(at::kInt), meta.dtype);
    EQUAL(3, meta.rank);
    EQUAL(4, meta.element_size);
    EQUAL(2 | 16, meta.flags);
    int64_t sizes[3];
    int64_t strides[3];
    EQUAL(0, orc_torch_shape(x.unsafeGetTensorImpl(), sizes, strides));
    HOLDS(x.sizes() == at::IntArrayRef(sizes, 3) && x.strides() == at::IntArrayRef(strides, 3));
}

TEST(borrowed_memory_is_given_back_once) {
    static int released = 0;
    float data[6] = {1, 2, 3, 4, 5, 6};
    const int64_t sizes[] = {2, 3};
    OrcTensor made = nullptr;
    EQUAL(0, orc_torch_from_blob(
                 data, sizes, 2, static_cast<int>(at::kFloat), static_cast<int>(at::kCPU), -1,
                 [](void* context) { ++*static_cast<int*>(context); }, &released, &made));
    {
        const at::Tensor x = own(made);
        HOLDS(x.data_ptr() == data);
        const at::Tensor row = x[1];
        row.fill_(9);
        EQUAL(0, released);
    }
    EQUAL(1, released);
    EQUAL(9.0f, data[5]);
}

TEST(a_leaf_can_be_given_other_memory_and_a_gradient) {
    const at::Tensor flat = at::arange(12, at::kFloat);
    const at::Tensor x = at::zeros({3, 4}).set_requires_grad(true);
    EQUAL(0, orc_torch_set_data(x.unsafeGetTensorImpl(), flat.view({3, 4}).unsafeGetTensorImpl()));
    HOLDS(x.data_ptr() == flat.data_ptr() && x.requires_grad() && x.is_leaf());
    const at::Tensor gradient = at::ones({3, 4});
    EQUAL(0, orc_torch_set_grad(x.unsafeGetTensorImpl(), gradient.unsafeGetTensorImpl()));
    OrcTensor read = nullptr;
    EQUAL(0, orc_torch_grad(x.unsafeGetTensorImpl(), &read));
    HOLDS(own(read).is_same(gradient));
    EQUAL(0, orc_torch_set_grad(x.unsafeGetTensorImpl(), nullptr));
    HOLDS(!x.grad().defined());
    EQUAL(1, orc_torch_set_requires_grad(at::zeros({2}, at::kLong).unsafeGetTensorImpl(), 1));
}

TEST(a_tensor_on_no_device_has_no_memory) {
    OrcMeta meta{};
    EQUAL(0, orc_torch_meta(at::empty({2, 3}, at::TensorOptions().device(at::kMeta)).unsafeGetTensorImpl(), &meta));
    HOLDS(meta.data == nullptr);
    EQUAL(int64_t{6}, meta.count);
}
