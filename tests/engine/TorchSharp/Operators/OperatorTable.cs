namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>Every operator that the tensor engine offers, or the reason why it has no entry.</summary>
internal static partial class OperatorTable
{
    public static IReadOnlyList<OperatorCase> Cases { get; } =
        [.. Pointwise(), .. Arithmetic(), .. Comparisons(), .. Activations(), .. Reductions(), .. Shapes(), .. Joining(), .. Indexing(), .. LinearAlgebra(), .. Losses()];

    /// <summary>By the name of the operator in the stand-in's table.</summary>
    public static IReadOnlyDictionary<string, string> Excluded { get; } = new (string Reason, string[] Names)[]
    {
        ("random; the seed and the distribution are tested by OperatorTests and ModuleTests",
        [
            "alpha_dropout", "alpha_dropout_", "bernoulli", "bernoulli__float", "bernoulli__Tensor", "cauchy_", "dropout", "dropout_", "exponential_",
            "geometric_", "log_normal_", "multinomial", "normal_", "normal_Tensor_Tensor", "poisson", "rand_generator", "rand_like", "randint_like_low_dtype",
            "randint_low_generator", "randn_generator", "randn_like", "random__from", "randperm_generator", "rrelu", "rrelu_", "uniform_",
        ]),
        ("makes a tensor out of nothing or of a size; tested by TensorTests",
        [
            "arange_start_step", "empty_like", "empty_memory_format", "empty_strided", "eye_m", "full", "full_like", "linspace", "logspace", "ones", "ones_like",
            "scalar_tensor", "zeros", "zeros_like",
        ]),
        ("says something about tensors or their memory and computes nothing; tested by TensorTests",
        [
            "can_cast", "equal", "is_nonzero", "is_pinned", "item", "pin_memory", "result_type_Tensor", "retain_grad", "set__source_Tensor", "to_dense", "allclose",
            "detach_", "resolve_conj", "resolve_neg",
        ]),
        ("a layer's own, tested by ModuleTests", ["embedding", "embedding_renorm_"]),
        ("not in libtorch 1.13; OperatorTests compares attention with its definition", ["scaled_dot_product_attention"]),
    }.SelectMany(group => group.Names.Select(name => (name, group.Reason))).ToDictionary(entry => entry.name, entry => entry.Reason, StringComparer.Ordinal);
}
