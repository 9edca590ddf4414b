#nullable disable
using System.Runtime.InteropServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static unsafe partial class autograd
    {
        /// <summary>What a function keeps between its forward and its backward pass.</summary>
        public class AutogradContext : IDisposable
        {
            private readonly Dictionary<string, object> _data = new(StringComparer.Ordinal);
            private List<Tensor> _toSave = [];
            private nint _node;
            private int _savedCount;

            internal AutogradContext()
            {
            }

            /// <summary>Whether the gradient of an unused output reaches backward as zeros.</summary>
            public bool MaterializeGrads { get; private set; } = true;

            internal List<Tensor> Dirty { get; private set; } = [];

            internal List<Tensor> NonDifferentiable { get; private set; } = [];

            /// <summary>Keeps tensors for backward; call it at most once, in forward.</summary>
            public void save_for_backward(List<Tensor> tensors) => _toSave = tensors;

            public void save_data(string key, object value) => _data[key] = value;

            public object get_data(string key) => _data.GetValueOrDefault(key);

            public void mark_dirty(List<Tensor> tensors) => Dirty = [.. tensors];

            public void mark_non_differentiable(List<Tensor> tensors) => NonDifferentiable = [.. tensors];

            public void set_materialize_grads(bool value) => MaterializeGrads = value;

            /// <summary>The saved tensors; an error if one was changed in place since.</summary>
            public List<Tensor> get_saved_variables()
            {
                var saved = new List<Tensor>(_savedCount);
                for (var i = 0; i < _savedCount; i++)
                {
                    nint tensor;
                    Failure.Check(Native.orc_torch_node_saved(_node, i, &tensor));
                    saved.Add(Tensor.OrNull(tensor));
                }

                return saved;
            }

            public void Dispose()
            {
                Dispose(true);
                GC.SuppressFinalize(this);
            }

            protected virtual void Dispose(bool disposing) => _data.Clear();

            internal void Save(nint node)
            {
                var handles = Handles(_toSave.ConvertAll(tensor => tensor is { IsInvalid: false } ? tensor : null));
                fixed (nint* first = handles)
                {
                    Failure.Check(Native.orc_torch_node_save(node, first, handles.Length));
                }

                _savedCount = handles.Length;
                KeepAlive(_toSave);
                _toSave = [];
            }

            internal void EnterBackward(nint node) => _node = node;
        }

        /// <summary>A call of a function on its way through the graph: what the native node holds of the managed side.</summary>
        private sealed class Call(AutogradContext context, bool[] isTensor, string name, Func<AutogradContext, List<Tensor>, List<Tensor>> backward)
        {
            internal int Backward(nint node, nint* gradients, int count, nint* results, int resultCount)
            {
                // Tensors made on the way are released with the scope, whatever thread the engine runs on.
                using var scope = NewDisposeScope();
                var given = new List<Tensor>(count);
                for (var i = 0; i < count; i++)
                {
                    given.Add(new Tensor(gradients[i]));
                }

                for (var i = 0; i < count; i++)
                {
                    if (given[i].IsInvalid && context.MaterializeGrads)
                    {
                        nint zeros;
                        Failure.Check(Native.orc_torch_node_output(node, i, &zeros));
                        given[i] = new Tensor(zeros);
                    }
                }

                context.EnterBackward(node);
                Give(backward(context, given), results, resultCount);
                return 0;
            }

            private void Give(List<Tensor> found, nint* results, int resultCount)
            {
                if (found.Count < isTensor.Length || found.Skip(isTensor.Length).Any(Defined))
                {
                    throw new NotImplementedException($"The backward of {name} must return {isTensor.Length} gradients, one an argument of its forward; it returned {found.Count}.");
                }

                var next = 0;
                for (var i = 0; i < isTensor.Length; i++)
                {
                    if (isTensor[i])
                    {
                        var result = Defined(found[i]) ? found[i].Handle : 0;
                        if (next < resultCount)
                        {
                            Native.orc_torch_retain(result);
                            results[next++] = result;
                        }

                        GC.KeepAlive(found[i]);
                    }
                    else if (Defined(found[i]))
                    {
                        throw new NotImplementedException($"The backward of {name} returned a gradient for argument {i + 1} of its forward, which is no tensor; return null there.");
                    }
                }
            }

            private static bool Defined(Tensor tensor) => tensor is { IsInvalid: false };
        }

        /// <summary>A differentiable function written in C#.</summary>
        public abstract class Function<T> where T : Function<T>, new()
        {
            internal static readonly T Instance = new();

            public abstract string Name { get; }

            /// <summary>Runs forward and puts the function into the graph if an argument that is a tensor requires a gradient.</summary>
            public static List<Tensor> apply_internal(params object[] vars)
            {
                var inputs = vars.OfType<Tensor>().Where(tensor => !tensor.IsInvalid).ToList();
                var isTensor = Array.ConvertAll(vars, value => value is Tensor { IsInvalid: false });
                var executable = is_grad_enabled() && inputs.Exists(tensor => tensor.requires_grad);
                var context = new AutogradContext();
                var node = CreateNode(new Call(context, isTensor, Instance.Name, Instance.BackwardAny), inputs, executable);
                try
                {
                    List<Tensor> outputs;
                    using (no_grad())
                    {
                        outputs = Instance.ForwardAny(context, vars);
                    }

                    var wrapped = Wrap(node, inputs, context, outputs, executable);
                    if (executable)
                    {
                        // An output is saved as the wrapped tensor, which knows this node.
                        context.Save(node);
                    }

                    return wrapped;
                }
                finally
                {
                    Native.orc_torch_node_release(node);
                }
            }

            internal abstract List<Tensor> ForwardAny(AutogradContext ctx, object[] vars);

            internal abstract List<Tensor> BackwardAny(AutogradContext ctx, List<Tensor> grad_outputs);
        }

        /// <summary>A differentiable function with one output.</summary>
        public abstract class SingleTensorFunction<T> : Function<T> where T : SingleTensorFunction<T>, new()
        {
            public static Tensor apply(params object[] vars) => apply_internal(vars)[0];

            public abstract Tensor forward(AutogradContext ctx, params object[] vars);

            public abstract List<Tensor> backward(AutogradContext ctx, Tensor grad_output);

            internal sealed override List<Tensor> ForwardAny(AutogradContext ctx, object[] vars) => [forward(ctx, vars)];

            internal sealed override List<Tensor> BackwardAny(AutogradContext ctx, List<Tensor> grad_outputs) => backward(ctx, grad_outputs[0]);
        }

        /// <summary>A differentiable function with several outputs.</summary>
        public abstract class MultiTensorFunction<T> : Function<T> where T : MultiTensorFunction<T>, new()
        {
            public static List<Tensor> apply(params object[] vars) => apply_internal(vars);

            public abstract List<Tensor> forward(AutogradContext ctx, params object[] vars);

            public abstract List<Tensor> backward(AutogradContext ctx, List<Tensor> grad_outputs);

            internal sealed override List<Tensor> ForwardAny(AutogradContext ctx, object[] vars) => forward(ctx, vars);

            internal sealed override List<Tensor> BackwardAny(AutogradContext ctx, List<Tensor> grad_outputs) => backward(ctx, grad_outputs);
        }

        private static nint CreateNode(Call call, List<Tensor> inputs, bool executable)
        {
            var held = GCHandle.ToIntPtr(GCHandle.Alloc(call));
            var handles = Handles(inputs);
            nint node;
            fixed (nint* first = handles)
            {
                Failure.Check(Native.orc_torch_node_create(&RunBackward, &Free, &Free, held, first, handles.Length, executable ? 1 : 0, &node));
            }

            KeepAlive(inputs);
            return node;
        }

        private static List<Tensor> Wrap(nint node, List<Tensor> inputs, AutogradContext context, List<Tensor> outputs, bool executable)
        {
            var inputHandles = Handles(inputs);
            var fixedHandles = Handles(context.NonDifferentiable);
            var dirtyHandles = Handles(context.Dirty);
            var outputHandles = Handles(outputs);
            var results = new nint[outputHandles.Length];
            int status;
            fixed (nint* inputFirst = inputHandles)
            fixed (nint* fixedFirst = fixedHandles)
            fixed (nint* dirtyFirst = dirtyHandles)
            fixed (nint* outputFirst = outputHandles)
            fixed (nint* resultFirst = results)
            {
                status = Native.orc_torch_node_wrap(
                    node, inputFirst, inputHandles.Length, fixedFirst, fixedHandles.Length, dirtyFirst, dirtyHandles.Length, outputFirst, outputHandles.Length, executable ? 1 : 0, resultFirst);
            }

            KeepAlive(inputs);
            KeepAlive(context.NonDifferentiable);
            KeepAlive(context.Dirty);
            KeepAlive(outputs);
            Failure.Check(status);
            return [.. results.Select(result => new Tensor(result))];
        }

        // Nothing may leave a callback but its status: the exception travels as a handle.
        [UnmanagedCallersOnly]
        private static int RunBackward(nint held, nint node, nint* gradients, int count, nint* results, int resultCount, nint* exception)
        {
            try
            {
                return ((Call)GCHandle.FromIntPtr(held).Target).Backward(node, gradients, count, results, resultCount);
            }

            catch (Exception thrown)

            {
                *exception = Failure.Hold(thrown);
                return 1;
            }
        }

        [UnmanagedCallersOnly]
        private static void Free(nint held) => GCHandle.FromIntPtr(held).Free();
    }
}
