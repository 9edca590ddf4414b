// The C ABI between compat/TorchSharp and libtorch.
//
// Conventions: every function that can fail returns a status: 0 done, 1 failed (orc_torch_error has the text),
// 2 a managed callback threw (orc_torch_managed_error has its handle). No exception crosses.
// A tensor handle is a TensorImpl* that owns one strong reference; null is the undefined tensor. Arguments are
// borrowed, results are owned by the caller (orc_torch_release).
#pragma once

#include <stdint.h>

#if defined(_WIN32)
#define ORC_API extern "C" __declspec(dllexport)
#else
#define ORC_API extern "C" __attribute__((visibility("default")))
#endif

typedef void* OrcTensor;

enum OrcTag : int32_t {
    ORC_NONE = 0,
    ORC_TENSOR = 1,
    ORC_INT = 2,
    ORC_DOUBLE = 3,
    ORC_BOOL = 4,
    ORC_INT_LIST = 5,              // bits: int64_t*, aux: length
    ORC_TENSOR_LIST = 6,           // bits: OrcTensor*, aux: length
    ORC_OPTIONAL_TENSOR_LIST = 7,  // the same; null entries are absent
    ORC_STRING = 8,                // bits: UTF-8, aux: length
    ORC_DOUBLE_LIST = 9,           // bits: double*, aux: length
    ORC_DEVICE = 10,               // bits: index, aux: type
    ORC_GENERATOR = 11,            // bits: a generator's handle
    ORC_DEFAULT = 12,              // the schema's default
};

struct OrcValue {
    int32_t tag;
    int32_t aux;
    union {
        int64_t integer;
        double real;
        void* pointer;
    };
};

// errors
ORC_API const char* orc_torch_error();
ORC_API void* orc_torch_managed_error();  // hands the exception's handle over; null if there is none

// operators; missing arguments at the end are the schema's defaults, and a capacity of 0 drops the results
ORC_API int orc_torch_find(const char* name, const char* overload, void** op);
ORC_API int orc_torch_call(void* op, const OrcValue* arguments, int count, OrcValue* results, int capacity,
                           int* result_count);

// tensors
struct OrcMeta {
    void* data;
    int64_t count;
    int64_t storage_offset;
    int32_t dtype;
    int32_t device_type;
    int32_t device_index;
    int32_t rank;
    int32_t element_size;
    int32_t flags;  // 1 requires_grad, 2 is_leaf, 4 contiguous, 8 sparse, 16 has storage
};
ORC_API void orc_torch_retain(OrcTensor tensor);
ORC_API void orc_torch_release(OrcTensor tensor);
ORC_API int orc_torch_meta(OrcTensor tensor, OrcMeta* meta);
ORC_API int orc_torch_shape(OrcTensor tensor, int64_t* sizes, int64_t* strides);
ORC_API int orc_torch_storage(OrcTensor tensor, void** data, int64_t* bytes);
ORC_API int orc_torch_from_blob(void* data, const int64_t* sizes, int rank, int dtype, int device_type,
                                int device_index, void (*release)(void*), void* context, OrcTensor* result);
ORC_API int orc_torch_set_data(OrcTensor tensor, OrcTensor source);
ORC_API int orc_torch_set_requires_grad(OrcTensor tensor, int value);
ORC_API int orc_torch_grad(OrcTensor tensor, OrcTensor* result);
ORC_API int orc_torch_set_grad(OrcTensor tensor, OrcTensor grad);
ORC_API int64_t orc_torch_live(int which);  // handles given out and not yet released: 0 now, 1 the most at once

// autograd
ORC_API int orc_torch_backward(const OrcTensor* tensors, int count, const OrcTensor* gradients, int retain_graph,
                               int create_graph, const OrcTensor* inputs, int input_count);
ORC_API int orc_torch_gradients(const OrcTensor* outputs, int count, const OrcTensor* inputs, int input_count,
                                const OrcTensor* gradients, int retain_graph, int create_graph, int allow_unused,
                                OrcTensor* results);
ORC_API int orc_torch_mode(int which, int value);  // which: 0 grad, 1 anomaly, 2 anomaly's nan check, 3 inference;
                                                   // value < 0: only read; returns the mode before
ORC_API void* orc_torch_inference_enter(int value);
ORC_API void orc_torch_inference_leave(void* guard);

// custom functions: a graph node whose backward is managed
typedef int (*OrcBackward)(void* context, void* node, const OrcTensor* gradients, int count, OrcTensor* results,
                           int result_count, void** exception);
ORC_API int orc_torch_node_create(OrcBackward backward, void (*release)(void*), void (*release_exception)(void*),
                                  void* context, const OrcTensor* inputs, int count, int executable, void** node);
ORC_API int orc_torch_node_wrap(void* node, const OrcTensor* inputs, int input_count,
                                const OrcTensor* non_differentiable, int non_differentiable_count,
                                const OrcTensor* dirty, int dirty_count, const OrcTensor* outputs, int output_count,
                                int executable, OrcTensor* results);
ORC_API int orc_torch_node_save(void* node, const OrcTensor* tensors, int count);
ORC_API int orc_torch_node_saved(void* node_in_backward, int index, OrcTensor* result);
ORC_API int orc_torch_node_output(void* node_in_backward, int index, OrcTensor* zeros);  // zeros shaped as an output
ORC_API void orc_torch_node_release(void* node);

// runtime
ORC_API const char* orc_torch_version();
ORC_API const char* orc_torch_config();               // how libtorch was built, its BLAS and thread settings
ORC_API int orc_torch_threads(int which, int value);  // which: 0 within, 1 between operators; value 0: only read
ORC_API int orc_torch_cuda(int which);                // 0 available, 1 device count, 2 cuDNN available
ORC_API int orc_torch_cuda_synchronize(int device);
ORC_API int orc_torch_cuda_seed(int64_t seed, int all);
ORC_API int orc_torch_flag(int which, int value);  // see runtime.cpp; value < 0: only read; returns the value before
ORC_API int orc_torch_manual_seed(int64_t seed);
ORC_API int orc_torch_generator(int device_type, int device_index, int is_default, void** generator);
ORC_API int orc_torch_generator_seed(void* generator, int which, int64_t seed,
                                     int64_t* result);  // 0 set, 1 random, 2 read
ORC_API int orc_torch_generator_state(void* generator, OrcTensor* state, int set);
ORC_API void orc_torch_generator_release(void* generator);
