#include "loops.h"

#define ORC_JOIN(a, b) a##b
#define ORC_LOOPS(isa) ORC_JOIN(isa, _loops)
#define ORC_TEXT(isa) #isa
#define ORC_NAME(isa) ORC_TEXT(isa)

namespace orc {

const Loops& ORC_LOOPS(ORC_ISA)() {
    using namespace ORC_ISA;
    static const Loops loops = {ORC_NAME(ORC_ISA),
                                add,
                                scale,
                                sum_squares,
                                first_non_finite,
                                to_bfloat16,
                                from_bfloat16,
                                digest,
                                factored_sums,
                                factored_update_squares,
                                factored_update,
                                plain_sums,
                                plain_update,
                                adam_update,
                                cross_entropy_row,
                                rms_norm_row,
                                rms_norm_backward_row,
                                layer_norm_row,
                                layer_norm_backward_row,
                                softmax_row,
                                softmax_backward_row,
                                gated_gelu_row,
                                gated_gelu_backward_row,
                                relu_backward,
                                row_products,
                                weighted_sum,
                                gelu_row,
                                gelu_backward_row,
                                gelu_erf_row,
                                gelu_erf_backward_row,
                                rotate_row,
                                accumulate};
    return loops;
}

}  // namespace orc
