using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Comparison, ordering and bounds.
    public partial class Tensor
    {
        public Tensor eq(Tensor target) => Ops.eq_Tensor.Call(this, target);

        public Tensor eq(Scalar target) => Ops.eq_Scalar.Call(this, target);

        public Tensor eq_(Tensor target)
        {
            Ops.eq__Tensor.Run(this, target);
            return this;
        }

        public Tensor eq_(Scalar target)
        {
            Ops.eq__Scalar.Run(this, target);
            return this;
        }

        public Tensor ne(Tensor target) => Ops.ne_Tensor.Call(this, target);

        public Tensor ne(Scalar target) => Ops.ne_Scalar.Call(this, target);

        public Tensor ne_(Tensor target)
        {
            Ops.ne__Tensor.Run(this, target);
            return this;
        }

        public Tensor ne_(Scalar target)
        {
            Ops.ne__Scalar.Run(this, target);
            return this;
        }

        public Tensor not_equal(Tensor target) => Ops.ne_Tensor.Call(this, target);

        public Tensor lt(Tensor target) => Ops.lt_Tensor.Call(this, target);

        public Tensor lt(Scalar target) => Ops.lt_Scalar.Call(this, target);

        public Tensor lt_(Tensor target)
        {
            Ops.lt__Tensor.Run(this, target);
            return this;
        }

        public Tensor lt_(Scalar target)
        {
            Ops.lt__Scalar.Run(this, target);
            return this;
        }

        public Tensor less(Tensor target) => Ops.lt_Tensor.Call(this, target);

        public Tensor le(Tensor target) => Ops.le_Tensor.Call(this, target);

        public Tensor le(Scalar target) => Ops.le_Scalar.Call(this, target);

        public Tensor le_(Tensor target)
        {
            Ops.le__Tensor.Run(this, target);
            return this;
        }

        public Tensor le_(Scalar target)
        {
            Ops.le__Scalar.Run(this, target);
            return this;
        }

        public Tensor less_equal(Tensor target) => Ops.le_Tensor.Call(this, target);

        public Tensor gt(Tensor target) => Ops.gt_Tensor.Call(this, target);

        public Tensor gt(Scalar target) => Ops.gt_Scalar.Call(this, target);

        public Tensor gt_(Tensor target)
        {
            Ops.gt__Tensor.Run(this, target);
            return this;
        }

        public Tensor gt_(Scalar target)
        {
            Ops.gt__Scalar.Run(this, target);
            return this;
        }

        public Tensor greater(Tensor target) => Ops.gt_Tensor.Call(this, target);

        public Tensor ge(Tensor target) => Ops.ge_Tensor.Call(this, target);

        public Tensor ge(Scalar target) => Ops.ge_Scalar.Call(this, target);

        public Tensor ge_(Tensor target)
        {
            Ops.ge__Tensor.Run(this, target);
            return this;
        }

        public Tensor ge_(Scalar target)
        {
            Ops.ge__Scalar.Run(this, target);
            return this;
        }

        public Tensor greater_equal(Tensor target) => Ops.ge_Tensor.Call(this, target);

        public Tensor equal(Tensor target) => Ops.eq_Tensor.Call(this, target);

        public bool Equals(Tensor target) => Same(target);

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false) => Ops.allclose.CallBool(this, target, rtol, atol, equal_nan);

        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) => Ops.isclose.Call(this, other, rtol, atol, nanEqual);

        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false) => Ops.isin_Tensor_Tensor.Call(this, test_elements, assumeUnique, invert);

        public Tensor maximum(Tensor other) => Ops.maximum.Call(this, other);

        public Tensor minimum(Tensor other) => Ops.minimum.Call(this, other);

        public Tensor fmax(Tensor other) => Ops.fmax.Call(this, other);

        public Tensor fmin(Tensor other) => Ops.fmin.Call(this, other);

        public Tensor clamp(Scalar? min = null, Scalar? max = null) => Ops.clamp.Call(this, min, max);

        public Tensor clamp(Tensor? min = null, Tensor? max = null) => Ops.clamp_Tensor.Call(this, min, max);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null)
        {
            Ops.clamp_.Run(this, min, max);
            return this;
        }

        public Tensor clamp_(Tensor? min = null, Tensor? max = null)
        {
            Ops.clamp__Tensor.Run(this, min, max);
            return this;
        }

        public Tensor clip(Scalar? min = null, Scalar? max = null) => Ops.clamp.Call(this, min, max);

        public Tensor clamp_max(Scalar max) => Ops.clamp_max.Call(this, max);

        public Tensor clamp_max_(Scalar max)
        {
            Ops.clamp_max_.Run(this, max);
            return this;
        }

        public Tensor clamp_min(Scalar min) => Ops.clamp_min.Call(this, min);

        public Tensor clamp_min_(Scalar min)
        {
            Ops.clamp_min_.Run(this, min);
            return this;
        }

        public (Tensor Values, Tensor Indices) sort(long dim = -1, bool descending = false, bool stable = false) => Ops.sort_stable.Call2(this, stable, dim, descending);

        public Tensor argsort(long dim = -1, bool descending = false) => Ops.argsort.Call(this, dim, descending);

        public Tensor msort() => Ops.msort.Call(this);

        public (Tensor values, Tensor indexes) topk(int k, int dim = -1, bool largest = true, bool sorted = true) => Ops.topk.Call2(this, (long)k, (long)dim, largest, sorted);

        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false) => Ops.bucketize_Tensor.Call(this, boundaries, outInt32, right);

        public Tensor less_equal_(Tensor target)
        {
            Ops.le__Tensor.Run(this, target);
            return this;
        }

        public Tensor not_equal_(Tensor target)
        {
            Ops.ne__Tensor.Run(this, target);
            return this;
        }

        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) => Ops.kthvalue.Call2(this, k, dim ?? -1, keepdim);

        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(bool return_inverse = false, bool return_counts = false, int? dim = null) => Kept(Ops.unique_consecutive.Call3(this, return_inverse, return_counts, (long?)dim), return_inverse, return_counts);

        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null) => Kept(dim is { } one ? Ops.unique_dim.Call3(this, (long)one, sorted, return_inverse, return_counts) : Ops._unique2.Call3(this, sorted, return_inverse, return_counts), return_inverse, return_counts);
    }
}
