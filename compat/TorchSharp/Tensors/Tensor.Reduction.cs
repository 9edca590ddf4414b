using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Reductions over some or all dimensions, and scans.
    public partial class Tensor
    {
        public Tensor sum(ScalarType? type = null) => Ops.sum.Call(this, type);

        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, dim, keepdim, type);

        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, dim.ToArray(), keepdim, type);

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, (long[])[dim], keepdim, type);

        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, (long[])[dim0, dim1], keepdim, type);

        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null) => Ops.sum_dim_IntList.Call(this, (long[])[dim0, dim1, dim2], keepdim, type);

        public Tensor mean() => Ops.mean.Call(this);

        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) => Ops.mean_dim.Call(this, dimensions, keepdim, type);

        public Tensor prod(ScalarType? type = null) => Ops.prod.Call(this, type);

        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => Ops.prod_dim_int.Call(this, dim, keepdim, type);

        public Tensor nansum() => Ops.nansum.Call(this);

        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null) => Ops.nanmean.Call(this, dim is { } one ? (long[])[one] : null, keepdim, dtype);

        public Tensor median() => Ops.median.Call(this);

        public Tensor nanmedian() => Ops.nanmedian.Call(this);

        public (Tensor values, Tensor indices) mode(long dim = -1L, bool keepdim = false) => Ops.mode.Call2(this, dim, keepdim);

        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => Ops.quantile.Call(this, q, dim, keepdim);

        public Tensor max() => Ops.max.Call(this);

        public Tensor max(Tensor other) => Ops.maximum.Call(this, other);

        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => Ops.max_dim.Call2(this, dim, keepdim);

        public Tensor min() => Ops.min.Call(this);

        public Tensor min(Tensor other) => Ops.minimum.Call(this, other);

        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => Ops.min_dim.Call2(this, dim, keepdim);

        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => Into(Ops.amax.Call(this, dims, keepdim), @out);

        public Tensor amax(params long[] dims) => Ops.amax.Call(this, dims);

        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => Into(Ops.amin.Call(this, dims, keepdim), @out);

        public Tensor amin(params long[] dims) => Ops.amin.Call(this, dims);

        public (Tensor min, Tensor max) aminmax(long? dim = null, bool keepdim = false) => Ops.aminmax.Call2(this, dim, keepdim);

        public Tensor argmax() => Ops.argmax.Call(this);

        public Tensor argmax(long dim, bool keepdim = false) => Ops.argmax.Call(this, dim, keepdim);

        public Tensor argmin() => Ops.argmin.Call(this);

        public Tensor argmin(long dim, bool keepdim = false) => Ops.argmin.Call(this, dim, keepdim);

        public Tensor all() => Ops.all.Call(this);

        public Tensor all(long dim, bool keepdim = false) => Ops.all_dim.Call(this, dim, keepdim);

        public Tensor any() => Ops.any.Call(this);

        public Tensor any(long dim, bool keepdim = false) => Ops.any_dim.Call(this, dim, keepdim);

        public Tensor logsumexp(long dim, bool keepdim = false) => Ops.logsumexp.Call(this, (long[])[dim], keepdim);

        public Tensor logcumsumexp(long dim) => Ops.logcumsumexp.Call(this, dim);

        public Tensor cumsum(long dim, ScalarType? type = null) => Ops.cumsum.Call(this, dim, type);

        public Tensor cumprod(long dim, ScalarType? type = null) => Ops.cumprod.Call(this, dim, type);

        public (Tensor values, Tensor indexes) cummax(long dim) => Ops.cummax.Call2(this, dim);

        public (Tensor values, Tensor indexes) cummin(long dim) => Ops.cummin.Call2(this, dim);

        public Tensor norm(float p = 2.0f) => Ops.norm_Scalar.Call(this, (double)p);

        public Tensor norm(int dim, bool keepdim = false, float p = 2.0f) => Ops.norm_ScalarOpt_dim.Call(this, (double)p, (long[])[dim], keepdim);

        public Tensor dist(Tensor other, float p = 2.0f) => Ops.dist.Call(this, other, (double)p);

        public Tensor std(bool unbiased = true) => Ops.std.Call(this, unbiased);

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Ops.std_dim.Call(this, dimensions, unbiased, keepdim), type);

        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std(dimensions.ToArray(), unbiased, keepdim, type);

        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std([dim], unbiased, keepdim, type);

        public Tensor var(bool unbiased = true) => Ops.var.Call(this, unbiased);

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => As(Ops.var_dim.Call(this, dimensions, unbiased, keepdim), type);

        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var(dimensions.ToArray(), unbiased, keepdim, type);

        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var([dim], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => Ops.std_mean.Call2(this, unbiased);

        public (Tensor @var, Tensor mean) var_mean(bool unbiased = true) => Ops.var_mean.Call2(this, unbiased);

        public (Tensor @var, Tensor mean) var_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Ops.var_mean_dim.Call2(this, (long[])[dim], unbiased, keepdim);

        public Tensor count_nonzero(long[]? dims = null) => dims is null ? Ops.count_nonzero.Call(this) : Ops.count_nonzero_dim_IntList.Call(this, dims);

        public Tensor bincount(Tensor? weights, long minlength = 0) => Ops.bincount.Call(this, weights, minlength);

        public Tensor histc(long bins = 100, long min = 0, long max = 0) => Ops.histc.Call(this, bins, (double)min, (double)max);

        public Tensor softmax(long dim, ScalarType? dtype = null) => Ops.softmax_int.Call(this, dim, dtype);

        public Tensor log_softmax(long dim, ScalarType? dtype = null) => Ops.log_softmax_int.Call(this, dim, dtype);

        public Tensor trace() => Ops.trace.Call(this);

        public Tensor std((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std([dim.Item1, dim.Item2], unbiased, keepdim, type);

        public Tensor std((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => std([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public Tensor var((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var([dim.Item1, dim.Item2], unbiased, keepdim, type);

        public Tensor var((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => var([dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Ops.std_mean_dim.Call2(this, (long[])[dim], unbiased, keepdim);

        public (Tensor std, Tensor mean) std_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null) => Ops.std_mean_dim.Call2(this, dimensions, unbiased, keepdim);

        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) => Ops.nanquantile.Call(this, q, dim, keepdim);

        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amax(dims.ToArray(), keepdim, @out);

        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amin(dims.ToArray(), keepdim, @out);

        public Tensor renorm(float p, long dim, float maxnorm) => Ops.renorm.Call(this, (double)p, dim, (double)maxnorm);

        public Tensor cov(long correction = 1, Tensor? fweights = null, Tensor? aweights = null) => Ops.cov.Call(this, correction, fweights, aweights);

        public Tensor corrcoef() => Ops.corrcoef.Call(this);

        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null) => Ops.diff.Call(this, n, dim, prepend, append);
    }
}
