using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Views, and changes of shape and order.
    public partial class Tensor
    {
        public Tensor view(params long[] shape) => Ops.view.Call(this, shape);

        public Tensor view_as(Tensor other) => Ops.view_as.Call(this, other);

        public Tensor reshape(params long[] shape) => Ops.reshape.Call(this, shape);

        public Tensor alias() => Ops.alias.Call(this);

        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Ops.flatten_using_ints.Call(this, start_dim, end_dim);

        public Tensor unflatten(long dim, params long[] sizes) => Ops.unflatten_int.Call(this, dim, sizes);

        public Tensor ravel() => Ops.ravel.Call(this);

        public Tensor squeeze(long? dim = null) => dim is { } one ? Ops.squeeze_dim.Call(this, one) : Ops.squeeze.Call(this);

        public Tensor unsqueeze(long dim) => Ops.unsqueeze.Call(this, dim);

        public Tensor unsqueeze_(long dim)
        {
            Ops.unsqueeze_.Run(this, dim);
            return this;
        }

        public Tensor t() => Ops.t.Call(this);

        public Tensor transpose(long dim0, long dim1) => Ops.transpose_int.Call(this, dim0, dim1);

        public Tensor transpose_(long dim0, long dim1)
        {
            Ops.transpose_.Run(this, dim0, dim1);
            return this;
        }

        public Tensor swapdims(long dim0, long dim1) => Ops.transpose_int.Call(this, dim0, dim1);

        public Tensor swapaxes(long dim0, long dim1) => Ops.transpose_int.Call(this, dim0, dim1);

        public Tensor adjoint() => Ops.adjoint.Call(this);

        public Tensor permute(params long[] permutation) => Ops.permute.Call(this, permutation);

        public Tensor permute(IEnumerable<long> permutation) => Ops.permute.Call(this, permutation.ToArray());

        public Tensor movedim(long[] source, long[] destination) => Ops.movedim_intlist.Call(this, source, destination);

        public Tensor moveaxis(long[] source, long[] destination) => Ops.movedim_intlist.Call(this, source, destination);

        public Tensor expand(long[] sizes, bool isImplicit = false) => Ops.expand.Call(this, sizes, isImplicit);

        public Tensor expand(params long[] sizes) => Ops.expand.Call(this, sizes);

        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => Ops.expand.Call(this, sizes.ToArray(), isImplicit);

        public Tensor expand(Size sizes, bool isImplicit = false) => Ops.expand.Call(this, sizes.Shape, isImplicit);

        public Tensor expand_as(Tensor other) => Ops.expand_as.Call(this, other);

        public Tensor broadcast_to(params long[] shape) => Ops.broadcast_to.Call(this, shape);

        public Tensor repeat(params long[] sizes) => Ops.repeat.Call(this, sizes);

        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null) => Ops.repeat_interleave_self_int.Call(this, repeats, dim);

        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null) => Ops.repeat_interleave_self_Tensor.Call(this, repeats, dim);

        public Tensor tile(long[] reps) => Ops.tile.Call(this, reps);

        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0L) => Ops.as_strided.Call(this, size, strides, storageOffset);

        public Tensor narrow(long dim, long start, long length) => Ops.narrow.Call(this, dim, start, length);

        public Tensor slice(long dim, long start, long finish, long step) => Ops.slice_Tensor.Call(this, dim, start, finish, step);

        public Tensor select(long dim, long index) => Ops.select_int.Call(this, dim, index);

        public Tensor diagonal(long offset = 0L, long dim1 = 0L, long dim2 = 1L) => Ops.diagonal.Call(this, offset, dim1, dim2);

        public Tensor diag(long diagonal = 0) => Ops.diag.Call(this, diagonal);

        public Tensor diag_embed(long offset = 0L, long dim1 = -2L, long dim2 = -1L) => Ops.diag_embed.Call(this, offset, dim1, dim2);

        public Tensor diagflat(long offset = 0) => Ops.diagflat.Call(this, offset);

        public Tensor tril(long diagonal = 0) => Ops.tril.Call(this, diagonal);

        public Tensor tril_(long diagonal = 0)
        {
            Ops.tril_.Run(this, diagonal);
            return this;
        }

        public Tensor triu(long diagonal = 0) => Ops.triu.Call(this, diagonal);

        public Tensor triu_(long diagonal = 0)
        {
            Ops.triu_.Run(this, diagonal);
            return this;
        }

        public Tensor flip(params long[] dims) => Ops.flip.Call(this, dims);

        public Tensor fliplr() => Ops.fliplr.Call(this);

        public Tensor flipud() => Ops.flipud.Call(this);

        public Tensor roll(long[] shifts, long[] dims) => Ops.roll.Call(this, shifts, dims);

        public Tensor roll(long shifts, long? dims = null) => Ops.roll.Call(this, (long[])[shifts], dims is { } one ? (long[])[one] : []);

        public Tensor unfold(long dimension, long size, long step) => Ops.unfold.Call(this, dimension, size, step);

        public Tensor contiguous() => Ops.contiguous.Call(this);

        public Tensor clone() => Ops.clone.Call(this);

        public Tensor detach() => Ops.detach.Call(this);

        public Tensor detach_()
        {
            Ops.detach_.Run(this);
            return this;
        }

        public Tensor view_as_real() => Ops.view_as_real.Call(this);

        public Tensor view_as_complex() => Ops.view_as_complex.Call(this);

        public Tensor atleast_1d() => Ops.atleast_1d.Call(this);

        public Tensor atleast_2d() => Ops.atleast_2d.Call(this);

        public Tensor atleast_3d() => Ops.atleast_3d.Call(this);

        public Tensor kron(Tensor other) => Ops.kron.Call(this, other);

        public Tensor squeeze_(long? dim = null) => Squeezed(dim);

        public Tensor roll(long[] shifts) => Ops.roll.Call(this, shifts);

        public Tensor roll((long, long) shifts, (long, long) dims) => roll([shifts.Item1, shifts.Item2], [dims.Item1, dims.Item2]);

        public Tensor roll((long, long, long) shifts, (long, long, long) dims) => roll([shifts.Item1, shifts.Item2, shifts.Item3], [dims.Item1, dims.Item2, dims.Item3]);

        public Tensor rot90(long k = 1, (long, long)? dims = null) => Ops.rot90.Call(this, k, dims is { } plane ? (long[])[plane.Item1, plane.Item2] : [0, 1]);

        public Tensor unflatten(long dim, Size sizes) => Ops.unflatten_int.Call(this, dim, sizes.Shape);

        public Tensor channel_shuffle(long groups) => Ops.channel_shuffle.Call(this, groups);
    }
}
