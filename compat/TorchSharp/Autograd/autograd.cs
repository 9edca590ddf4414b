using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Backward passes.</summary>
    public static unsafe partial class autograd
    {
#nullable disable
        /// <summary>The gradients of the outputs' sum with respect to the inputs, without touching any <c>.grad</c>.</summary>
        /// <param name="outputs">What is differentiated.</param>
        /// <param name="inputs">With respect to what.</param>
        /// <param name="grad_outputs">The gradient of each output; null for scalars.</param>
        /// <param name="retain_graph">Whether the graph can be used again.</param>
        /// <param name="create_graph">Whether the gradients can be differentiated in turn.</param>
        /// <param name="allow_unused">Whether an input that no output depends on gives null instead of an error.</param>
        public static IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor> grad_outputs = null, bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            var from = Handles(outputs);
            var to = Handles(inputs);
            var seeds = grad_outputs is null ? null : Handles(grad_outputs);
            var results = new nint[to.Length];
            int status;
            fixed (nint* fromFirst = from)
            fixed (nint* toFirst = to)
            fixed (nint* seedsFirst = seeds)
            fixed (nint* resultsFirst = results)
            {
                status = Native.orc_torch_gradients(
                    fromFirst, from.Length, toFirst, to.Length, seedsFirst, retain_graph || create_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, resultsFirst);
            }

            KeepAlive(outputs);
            KeepAlive(inputs);
            KeepAlive(grad_outputs);
            Failure.Check(status);
            return Array.ConvertAll(results, Tensor.OrNull).ToList();
        }

        /// <summary>Adds the gradients of the tensors' sum to the leaves' <c>.grad</c>.</summary>
        public static void backward(IList<Tensor> tensors, IList<Tensor> grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null)
        {
            var from = Handles(tensors);
            var seeds = grad_tensors is null ? null : Handles(grad_tensors);
            var to = inputs is null ? [] : Handles(inputs);
            int status;
            fixed (nint* fromFirst = from)
            fixed (nint* seedsFirst = seeds)
            fixed (nint* toFirst = to)
            {
                status = Native.orc_torch_backward(fromFirst, from.Length, seedsFirst, retain_graph ?? create_graph ? 1 : 0, create_graph ? 1 : 0, toFirst, to.Length);
            }

            KeepAlive(tensors);
            KeepAlive(grad_tensors);
            KeepAlive(inputs);
            Failure.Check(status);
        }

        public static void backward(Tensor tensor, IList<Tensor> grad_tensors = null, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false, IList<Tensor> inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        public static AnomalyMode detect_anomaly(bool check_nan = true) => new(true, check_nan);

        public static AnomalyMode set_detect_anomaly(bool mode, bool check_nan = true) => new(mode, check_nan);

        internal static nint[] Handles(IList<Tensor> tensors)
        {
            var handles = new nint[tensors.Count];
            for (var i = 0; i < handles.Length; i++)
            {
                handles[i] = tensors[i] is { } tensor ? tensor.Handle : 0;
            }

            return handles;
        }

        internal static void KeepAlive(IList<Tensor> tensors)
        {
            for (var i = 0; i < (tensors?.Count ?? 0); i++)
            {
                GC.KeepAlive(tensors[i]);
            }
        }
#nullable restore
    }

    public partial class Tensor
    {
        /// <summary>Adds the gradients of this scalar to the leaves' <c>.grad</c>.</summary>
        public void backward() => autograd.backward(this);

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward(this, grad_tensors, retain_graph, create_graph, inputs);
    }
}
