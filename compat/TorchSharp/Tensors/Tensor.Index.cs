using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Index expressions, as Python's: x[1, 2..5, mask].
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => index(Singles(indices));
            set => index_put_(value, Singles(indices));
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => index_put_(value, Singles([i1]));
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(Singles([i1, i2]));
            set => index_put_(value, Singles([i1, i2]));
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(Singles([i1, i2, i3]));
            set => index_put_(value, Singles([i1, i2, i3]));
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(Singles([i1, i2, i3, i4]));
            set => index_put_(value, Singles([i1, i2, i3, i4]));
        }

        public Tensor index(params TensorIndex[] indices)
        {
            var (view, tensors) = Apply(indices);
            if (tensors.Count == 0)
            {
                return ReferenceEquals(view, this) ? alias() : view;
            }

            var result = Ops.index_Tensor.Call(view, Arg.Optional([.. tensors]));
            Release(view);
            return result;
        }

        public Tensor index(params Tensor[] indices) => Ops.index_Tensor.Call(this, Arg.Optional(indices));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, accumulate: false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            var (view, tensors) = Apply(indices);
            if (tensors.Count != 0)
            {
                Ops.index_put_.Run(view, Arg.Optional([.. tensors]), value, accumulate);
            }
            else if (accumulate)
            {
                view.add_(value);
            }
            else
            {
                view.copy_(value);
            }

            Release(view);
            return this;
        }

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, indices, accumulate: false);

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false)
        {
            Ops.index_put_.Run(this, Arg.Optional(indices), value, accumulate);
            return this;
        }

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var number = Number(value);
            return index_put_(number, indices);
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices)
        {
            using var number = Number(value);
            return index_put_(number, indices);
        }

        private static TensorIndex[] Singles(long[] indices) => Array.ConvertAll(indices, index => TensorIndex.Single(index));

        private Tensor Number(Scalar value) => Ops.full.Call((long[])[], value, dtype, Arg.None, device);

        private void Release(Tensor view)
        {
            if (!ReferenceEquals(view, this))
            {
                view.Dispose();
            }
        }

        /// <summary>Everything but tensors is applied as a view; the tensors remain, each at its dimension of the view.</summary>
        private (Tensor View, List<Tensor?> Tensors) Apply(TensorIndex[] indices)
        {
            var rank = Meta().Rank;
            var taken = indices.Sum(index => index.What switch
            {
                TensorIndex.Kind.Single or TensorIndex.Kind.Slice => 1,
                TensorIndex.Kind.Tensor => index.Of!.dtype is ScalarType.Bool or ScalarType.Byte ? (int)index.Of.dim() : 1,
                _ => 0,
            });
            if (taken > rank)
            {
                throw new ArgumentException($"too many indices for tensor of dimension {rank}");
            }

            var view = this;
            var tensors = new List<Tensor?>();
            var dim = 0;
            foreach (var index in indices)
            {
                var next = view;
                switch (index.What)
                {
                    case TensorIndex.Kind.Single:
                        next = view.select(dim, index.First!.Value);
                        break;
                    case TensorIndex.Kind.Slice:
                        if (index.First is not null || index.Stop is not null || index.Step is not null)
                        {
                            next = Ops.slice_Tensor.Call(view, (long)dim, index.First, index.Stop, index.Step ?? 1);
                        }

                        dim++;
                        break;
                    case TensorIndex.Kind.Ellipsis:
                        dim += rank - taken;
                        break;
                    case TensorIndex.Kind.Tensor:
                        Place(tensors, dim++, index.Of!);
                        break;
                    case TensorIndex.Kind.Bool:
                        next = view.unsqueeze(dim);
                        Place(tensors, dim++, tensor([index.First == 1], device: device));
                        break;
                    default:
                        next = view.unsqueeze(dim++);
                        break;
                }

                if (!ReferenceEquals(next, view))
                {
                    Release(view);
                    view = next;
                }
            }

            return (view, tensors);
        }

        private static void Place(List<Tensor?> tensors, int dim, Tensor tensor)
        {
            while (tensors.Count < dim)
            {
                tensors.Add(null);
            }

            tensors.Add(tensor);
        }
    }
}
