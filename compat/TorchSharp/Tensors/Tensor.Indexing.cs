using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Gathering, scattering and filling by index or mask.
    public partial class Tensor
    {
        public Tensor index_select(long dim, Tensor index) => Ops.index_select.Call(this, dim, index);

        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => Ops.index_add.Call(this, dim, index, source, alpha);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha)
        {
            Ops.index_add_.Run(this, dim, index, source, alpha);
            return this;
        }

        public Tensor index_copy(long dim, Tensor index, Tensor source) => Ops.index_copy.Call(this, dim, index, source);

        public Tensor index_copy_(long dim, Tensor index, Tensor source)
        {
            Ops.index_copy_.Run(this, dim, index, source);
            return this;
        }

        public Tensor index_fill(long dim, Tensor index, Scalar value) => Ops.index_fill_int_Scalar.Call(this, dim, index, value);

        public Tensor index_fill_(long dim, Tensor index, Scalar value)
        {
            Ops.index_fill__int_Scalar.Run(this, dim, index, value);
            return this;
        }

        public Tensor gather(long dim, Tensor index) => Ops.gather.Call(this, dim, index);

        public Tensor take(Tensor index) => Ops.take.Call(this, index);

        public Tensor take_along_dim(Tensor indices) => Ops.take_along_dim.Call(this, indices);

        public Tensor take_along_dim(Tensor indices, long dim) => Ops.take_along_dim.Call(this, indices, dim);

        public Tensor scatter(long dim, Tensor index, Tensor src) => Ops.scatter_src.Call(this, dim, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src)
        {
            Ops.scatter__src.Run(this, dim, index, src);
            return this;
        }

        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Ops.scatter_add.Call(this, dim, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src)
        {
            Ops.scatter_add_.Run(this, dim, index, src);
            return this;
        }

        public Tensor select_scatter(Tensor src, long dim, long index) => Ops.select_scatter.Call(this, src, dim, index);

        public Tensor slice_scatter(Tensor src, long dim = 0L, long? start = null, long? end = null, long step = 1L) => Ops.slice_scatter.Call(this, src, dim, start, end, step);

        public Tensor diagonal_scatter(Tensor src, long offset = 0L, long dim1 = 0L, long dim2 = 1L) => Ops.diagonal_scatter.Call(this, src, offset, dim1, dim2);

        public Tensor masked_fill(Tensor mask, Scalar value) => Ops.masked_fill_Scalar.Call(this, mask, value);

        public Tensor masked_fill_(Tensor mask, Scalar value)
        {
            Ops.masked_fill__Scalar.Run(this, mask, value);
            return this;
        }

        public Tensor masked_scatter(Tensor mask, Tensor value) => Ops.masked_scatter.Call(this, mask, value);

        public Tensor masked_scatter_(Tensor mask, Tensor value)
        {
            Ops.masked_scatter_.Run(this, mask, value);
            return this;
        }

        public Tensor masked_select(Tensor mask) => Ops.masked_select.Call(this, mask);

        public Tensor where(Tensor condition, Tensor y) => Ops.where_self.Call(condition, this, y);

        public Tensor nonzero() => Ops.nonzero.Call(this);

        public Tensor argwhere() => Ops.argwhere.Call(this);

        public Tensor fill_(Scalar value)
        {
            Ops.fill__Scalar.Run(this, value);
            return this;
        }

        public Tensor zero_()
        {
            Ops.zero_.Run(this);
            return this;
        }

        public Tensor copy_(Tensor source, bool nonBlocking = false)
        {
            Ops.copy_.Run(this, source, nonBlocking);
            return this;
        }

        public Tensor set_(Tensor source)
        {
            Ops.set__source_Tensor.Run(this, source);
            return this;
        }

        public Tensor to_dense() => Ops.to_dense.Call(this);
    }
}
