using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // What a tensor is: shape, element type, place, part in autograd.
    public unsafe partial class Tensor
    {
        public long Dimensions => Meta().Rank;

        public long dim() => Meta().Rank;

        public long ndim => Meta().Rank;

        public long NumberOfElements => Meta().Count;

        public long numel() => Meta().Count;

        public long ElementSize => Meta().ElementSize;

        public long element_size() => Meta().ElementSize;

        public ScalarType dtype => (ScalarType)Meta().DType;

        public Device device
        {
            get
            {
                var meta = Meta();
                return meta.DeviceType == (int)DeviceType.CPU ? CPU : new Device((DeviceType)meta.DeviceType, meta.DeviceIndex);
            }
        }

        public DeviceType device_type => (DeviceType)Meta().DeviceType;

        public int device_index => Meta().DeviceIndex;

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_sparse => Meta().IsSparse;

        public bool is_leaf => Meta().IsLeaf;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_complex() => torch.is_complex(dtype);

        public bool is_contiguous() => Meta().IsContiguous;

        public long storage_offset() => Meta().StorageOffset;

        public bool is_nonzero() => Ops.is_nonzero.CallBool(this);

        public bool is_pinned() => Ops.is_pinned.CallBool(this);

        /// <summary>The extents, outermost first.</summary>
        public long[] shape
        {
            get
            {
                var sizes = new long[Meta().Rank];
                ReadShape(sizes, null);
                return sizes;
            }
        }

        public long[] size() => shape;

        public long size(int dim)
        {
            var sizes = shape;
            return sizes[Wrap(dim, sizes.Length)];
        }

        public long[] stride()
        {
            var strides = new long[Meta().Rank];
            ReadShape(null, strides);
            return strides;
        }

        public long stride(int dim)
        {
            var strides = stride();
            return strides[Wrap(dim, strides.Length)];
        }

        /// <summary>Whether operations on the tensor are recorded for the backward pass.</summary>
        public bool requires_grad
        {
            get => Meta().RequiresGrad;
            set
            {
                var status = Native.orc_torch_set_requires_grad(Handle, value ? 1 : 0);
                GC.KeepAlive(this);
                Failure.Check(status);
            }
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>The accumulated gradient; null before the first backward pass. Setting it makes the given tensor the accumulator.</summary>
        public Tensor? grad
        {
            get
            {
                nint found;
                var status = Native.orc_torch_grad(Handle, &found);
                GC.KeepAlive(this);
                Failure.Check(status);
                return OrNull(found);
            }

            set
            {
                var status = Native.orc_torch_set_grad(Handle, value is null ? 0 : value.Handle);
                GC.KeepAlive(value);
                GC.KeepAlive(this);
                Failure.Check(status);
            }
        }

        /// <summary>The tensor with its two dimensions exchanged.</summary>
        public Tensor T => Ops.numpy_T.Call(this);

        public Tensor mT => Ops.mT.Call(this);

        public Tensor H => Ops.matrix_H.Call(this);

        public Tensor mH => Ops.mH.Call(this);

        /// <summary>Shape, element type and device, for people.</summary>
        public override string ToString()
        {
            if (IsInvalid)
            {
                return "[disposed]";
            }

            return $"[{string.Join('x', shape)}], type = {dtype}, device = {device}";
        }

        public void retain_grad() => Ops.retain_grad.Run(this);

        private void ReadShape(long[]? sizes, long[]? strides)
        {
            fixed (long* first = sizes)
            fixed (long* second = strides)
            {
                var status = Native.orc_torch_shape(Handle, first, second);
                GC.KeepAlive(this);
                Failure.Check(status);
            }
        }

        private static int Wrap(int dim, int rank) => dim >= -rank && dim < rank
            ? dim < 0 ? dim + rank : dim
            : throw new ArgumentOutOfRangeException(nameof(dim), dim, $"The tensor has {rank} dimensions.");
    }
}
