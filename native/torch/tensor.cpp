// What a tensor says about itself, and memory that comes from elsewhere.
#include <torch/types.h>

#include <algorithm>

#include "values.h"

using namespace orchestrator;

int orc_torch_meta(OrcTensor handle, OrcMeta* meta) {
    return guarded([&] {
        const at::Tensor tensor = borrow(handle);
        const bool dense = tensor.layout() == at::kStrided;
        const bool stored = dense && tensor.has_storage();
        meta->data = stored && tensor.device().type() != at::kMeta ? tensor.data_ptr() : nullptr;
        meta->count = tensor.numel();
        meta->storage_offset = stored ? tensor.storage_offset() : 0;
        meta->dtype = static_cast<int32_t>(tensor.scalar_type());
        meta->device_type = static_cast<int32_t>(tensor.device().type());
        meta->device_index = tensor.device().index();
        meta->rank = static_cast<int32_t>(tensor.dim());
        meta->element_size = static_cast<int32_t>(tensor.element_size());
        meta->flags = (tensor.requires_grad() ? 1 : 0) | (tensor.is_leaf() ? 2 : 0) |
                      (dense && tensor.is_contiguous() ? 4 : 0) | (dense ? 0 : 8) | (stored ? 16 : 0);
    });
}

int orc_torch_shape(OrcTensor handle, int64_t* sizes, int64_t* strides) {
    return guarded([&] {
        const at::Tensor tensor = borrow(handle);
        if (sizes != nullptr) {
            std::copy(tensor.sizes().begin(), tensor.sizes().end(), sizes);
        }
        if (strides != nullptr) {
            std::copy(tensor.strides().begin(), tensor.strides().end(), strides);
        }
    });
}

int orc_torch_storage(OrcTensor handle, void** data, int64_t* bytes) {
    return guarded([&] {
        const at::Tensor tensor = borrow(handle);
        const auto& storage = tensor.storage();
        *data = const_cast<void*>(static_cast<const void*>(storage.unsafeGetStorageImpl()->data_ptr().get()));
        *bytes = static_cast<int64_t>(storage.nbytes());
    });
}

int orc_torch_from_blob(void* data, const int64_t* sizes, int rank, int dtype, int device_type, int device_index,
                        void (*release)(void*), void* context, OrcTensor* result) {
    return guarded([&] {
        const at::Device device(static_cast<at::DeviceType>(device_type), static_cast<at::DeviceIndex>(device_index));
        const auto options = at::TensorOptions().dtype(static_cast<at::ScalarType>(dtype)).device(device);
        const at::IntArrayRef shape(sizes, rank);
        if (release == nullptr) {
            *result = give(torch::from_blob(data, shape, options));
        } else {
            *result = give(torch::from_blob(
                data, shape, [release, context](void*) { release(context); }, options));
        }
    });
}

int orc_torch_set_data(OrcTensor handle, OrcTensor source) {
    return guarded([&] { borrow(handle).set_data(borrow(source)); });
}

int orc_torch_set_requires_grad(OrcTensor handle, int value) {
    return guarded([&] { borrow(handle).set_requires_grad(value != 0); });
}

int orc_torch_grad(OrcTensor handle, OrcTensor* result) {
    return guarded([&] { *result = give(borrow(handle).grad()); });
}

int orc_torch_set_grad(OrcTensor handle, OrcTensor grad) {
    return guarded([&] { borrow(handle).mutable_grad() = borrow(grad); });
}
