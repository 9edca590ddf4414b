using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Work on many parameters at once.</summary>
        public static partial class utils
        {
            /// <summary>Scales the gradients so that their norm, taken together, is at most <paramref name="max_norm"/>; gives the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2.0)
            {
                using var scope = NewDisposeScope();
                using var kept = no_grad();
                var gradients = tensors.Select(parameter => parameter.grad).OfType<Tensor>().ToList();
                if (gradients.Count == 0)
                {
                    return 0;
                }

                var norms = gradients.ConvertAll(gradient => gradient.norm((float)norm_type).to(ScalarType.Float64, CPU));
                var total = stack(norms).norm((float)norm_type).item<double>();
                var factor = max_norm / (total + 1e-6);
                if (factor < 1)
                {
                    gradients.ForEach(gradient => gradient.mul_(factor));
                }

                return total;
            }

            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using var scope = NewDisposeScope();
                using var kept = no_grad();
                foreach (var parameter in tensors)
                {
                    parameter.grad?.clamp_((Scalar)(-clip_value), (Scalar)clip_value);
                }
            }

            public static Tensor parameters_to_vector(IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                return cat(tensors.Select(parameter => parameter.reshape(-1)).ToArray()).MoveToOuterDisposeScope();
            }

            public static void vector_to_parameters(Tensor vec, IEnumerable<Parameter> tensors)
            {
                using var scope = NewDisposeScope();
                using var kept = no_grad();
                long offset = 0;
                foreach (var parameter in tensors)
                {
                    var count = parameter.numel();
                    parameter.copy_(vec.narrow(0, offset, count).view_as(parameter));
                    offset += count;
                }
            }
        }
    }
}
