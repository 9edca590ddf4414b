using TorchSharp.Interop;

namespace TorchSharp;

// Putting tensors together and taking them apart.
public static partial class torch
{
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Ops.cat.Call(tensors as Tensor[] ?? [.. tensors], dim);

    public static Tensor cat(Tensor[] tensors, long dim = 0) => Ops.cat.Call(tensors, dim);

    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => Ops.cat.Call(tensors.ToArray(), dim);

    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);

    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor concatenate(Tensor[] tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Ops.stack.Call(tensors.ToArray(), dim);

    public static Tensor hstack(IList<Tensor> tensors) => Ops.hstack.Call(tensors.ToArray());

    public static Tensor hstack(params Tensor[] tensors) => Ops.hstack.Call(tensors);

    public static Tensor vstack(IList<Tensor> tensors) => Ops.vstack.Call(tensors.ToArray());

    public static Tensor vstack(Tensor[] tensors) => Ops.vstack.Call(tensors);

    public static Tensor dstack(params Tensor[] tensors) => Ops.dstack.Call(tensors);

    public static Tensor dstack(IList<Tensor> tensors) => Ops.dstack.Call(tensors.ToArray());

    public static Tensor row_stack(params Tensor[] tensors) => Ops.vstack.Call(tensors);

    public static Tensor row_stack(IList<Tensor> tensors) => Ops.vstack.Call(tensors.ToArray());

    public static Tensor column_stack(params Tensor[] tensors) => Ops.column_stack.Call(tensors);

    public static Tensor column_stack(IList<Tensor> tensors) => Ops.column_stack.Call(tensors.ToArray());

    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => Ops.broadcast_tensors.CallList(tensors.Length, tensors);

    public static Tensor cartesian_prod(params Tensor[] tensors) => Ops.cartesian_prod.Call(tensors);

    public static Tensor chain_matmul(params Tensor[] matrices) => Ops.chain_matmul.Call(matrices);

    public static Tensor norm(Tensor input) => input.norm();

    public static Tensor take_along_dim(Tensor input, Tensor indices, long dim = 0L) => input.take_along_dim(indices, dim);

    public static Tensor gather(Tensor input, long dim, Tensor index, bool sparse_grad = false) => Ops.gather.Call(input, dim, index, sparse_grad);

    public static Tensor movedim(Tensor input, long source, long destination) => input.movedim([source], [destination]);

    public static Tensor moveaxis(Tensor input, long source, long destination) => input.movedim([source], [destination]);

    public static Tensor tensordot(Tensor a, Tensor b, long dims = 2) => a.tensordot(b, dims);

    public static Tensor cdist(Tensor x1, Tensor x2, double p = 2.0, compute_mode compute_mode = compute_mode.use_mm_for_euclid_dist_if_necessary) =>
        Ops.cdist.Call(x1, x2, p, (long)compute_mode);

    public static Tensor bincount(Tensor input, Tensor? weights = null, long minlength = 0) => input.bincount(weights, minlength);

    public static (Tensor values, Tensor indices) cummax(Tensor input, long dim) => input.cummax(dim);

    public static (Tensor values, Tensor indices) cummin(Tensor input, long dim) => input.cummin(dim);

    public static Tensor block_diag(params Tensor[] tensors) => Ops.block_diag.Call(tensors);

    public static Tensor[] chunk(Tensor input, long chunks, long dim = 0L) => input.chunk(chunks, dim);

    public static Tensor[] split(Tensor tensor, long[] split_size_or_sections, long dim = 0L) => tensor.split(split_size_or_sections, dim);

    public static Tensor[] tensor_split(Tensor input, long indices_or_sections, long dim = 0L) => input.tensor_split(indices_or_sections, dim);

    public static Tensor[] tensor_split(Tensor input, long[] indices_or_sections, long dim = 0L) => input.tensor_split(indices_or_sections, dim);

    public static Tensor[] unbind(Tensor input, long dim = 0L) => input.unbind(dim);

    public static Tensor where(Tensor condition, Tensor x, Tensor y) => Ops.where_self.Call(condition, x, y);

    public static Tensor[] where(Tensor condition) => Ops.where.CallList((int)condition.dim(), condition);

    public static Tensor einsum(string equation, params Tensor[] tensors) => Ops.einsum.Call(equation, tensors);

    public static Tensor addmm(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) => input.addmm(mat1, mat2, beta, alpha);

    public static Tensor addmm_(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) => input.addmm_(mat1, mat2, beta, alpha);

    public static Tensor addmv(Tensor input, Tensor mat1, Tensor mat2, float beta, float alpha) => input.addmv(mat1, mat2, beta, alpha);

    public static Tensor softmax(Tensor input, int dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

    public static (Tensor values, Tensor indices) sort(Tensor input, long dim = -1, bool descending = false, bool stable = false) =>
        input.sort(dim, descending, stable);

    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij")
    {
        Tensor[] axes = [.. tensors];
        return Ops.meshgrid_indexing.CallList(axes.Length, axes, indexing);
    }

    public static Tensor searchsorted(Tensor sorted_sequence, Tensor values, bool out_int32 = false, bool right = false, Tensor? sorter = null) =>
        Ops.searchsorted_Tensor.Call(sorted_sequence, values, out_int32, right, Arg.None, sorter);

    public static Tensor tril_indices(long row, long col, long offset = 0L, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        Ops.tril_indices.Call(row, col, offset, dtype, Arg.None, Or(device));

    public static Tensor triu_indices(long row, long col, long offset = 0L, ScalarType dtype = ScalarType.Int64, Device? device = null) =>
        Ops.triu_indices.Call(row, col, offset, dtype, Arg.None, Or(device));

    public static ScalarType promote_types(ScalarType type1, ScalarType type2)
    {
        using var first = empty([1], type1, META);
        using var second = empty([1], type2, META);
        return result_type(first, second);
    }

    public static ScalarType result_type(Tensor tensor1, Tensor tensor2) => (ScalarType)Ops.result_type_Tensor.CallLong(tensor1, tensor2);

    public static bool can_cast(ScalarType from, ScalarType to) => Ops.can_cast.CallBool(from, to);

    public partial class Tensor
    {
        public Tensor[] chunk(long chunks, long dim = 0L) => Ops.chunk.CallList((int)chunks, this, chunks, dim);

        public Tensor[] split(long size, int dim = 0) => Ops.split_Tensor.CallList(Parts(size, dim), this, size, (long)dim);

        public Tensor[] split(long[] sizes, long dim = 0) => Ops.split_with_sizes.CallList(sizes.Length, this, sizes, dim);

        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => split(sizes.ToArray(), dim);

        public Tensor[] split(params long[] sizes) => split(sizes, 0L);

        public Tensor[] tensor_split(long size, long dim = 0L) => Ops.tensor_split_sections.CallList((int)size, this, size, dim);

        public Tensor[] tensor_split(long[] sizes, long dim = 0L) => Ops.tensor_split_indices.CallList(sizes.Length + 1, this, sizes, dim);

        public Tensor[] unbind(long dimension = 0L) => Ops.unbind_int.CallList((int)size((int)dimension), this, dimension);

        public Tensor tensordot(Tensor b, long dims = 2)
        {
            var rank = dim();
            long[] last = [.. Enumerable.Range(0, (int)dims).Select(i => rank - dims + i)];
            long[] first = [.. Enumerable.Range(0, (int)dims).Select(i => (long)i)];
            return Ops.tensordot.Call(this, b, last, first);
        }

        private int Parts(long size, int dim) => size <= 0 ? 1 : (int)Math.Max(1, (this.size(dim) + size - 1) / size);
    }
}
