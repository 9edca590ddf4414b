using System.Reflection;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>Every method that ends in '_' against the one without.</summary>
public sealed class InPlaceTests
{
    // Chance, and what has no counterpart; those are in the tests that follow or in other classes.
    private static readonly HashSet<string> Excluded = new(StringComparer.Ordinal)
    {
        "bernoulli_", "cauchy_", "copy_", "detach_", "exponential_", "fill_", "geometric_", "index_put_", "log_normal_", "normal_", "random_", "requires_grad_",
        "rrelu_", "set_", "uniform_", "zero_",
    };

    // Inputs of kinds one of which every operator takes.
    private static readonly string[] Kinds = ["p3,3", "u3,3", "i3,3", "m3,3"];

    public static TheoryData<string> Methods =>
        [.. InPlace().Select(method => $"{method.Name}({string.Join(", ", method.GetParameters().Select(parameter => parameter.ParameterType.Name))})")];

    [Theory]
    [MemberData(nameof(Methods))]
    public void What_changes_a_tensor_gives_what_its_counterpart_gives(string signature)
    {
        using var scope = NewDisposeScope();
        var place = Methods.Select(row => row.Data).ToList().IndexOf(signature);
        var method = InPlace().ElementAt(place);
        var counterpart = Counterpart(method);
        Assert.True(counterpart is not null, $"{signature} has no counterpart; give it a test and add it to the excluded");
        Assert.Contains(Kinds, kind => Agree(method, counterpart!, kind));
    }

    [Fact]
    public void Filling_and_copying_reach_every_element()
    {
        using var scope = NewDisposeScope();
        var x = Inputs.Of("r2,3")[0];

        Assert.Equal(new double[6], x.clone().zero_().data<double>().ToArray());
        Assert.All(x.clone().t().fill_(2.5).contiguous().data<double>().ToArray(), value => Assert.Equal(2.5, value));
        Assert.Equal(x.data<double>().ToArray(), empty([2, 3], float64).copy_(x).data<double>().ToArray());
        Assert.Equal(x.data<double>().ToArray(), zeros(2, 3, dtype: float64).t().copy_(x.t()).t().contiguous().data<double>().ToArray());
    }

    internal static void CallAll()
    {
        foreach (var method in InPlace())
        {
            using var scope = NewDisposeScope();
            _ = Array.Exists(Kinds, kind => Agree(method, Counterpart(method)!, kind));
        }
    }

    private static IEnumerable<MethodInfo> InPlace() =>
        typeof(Tensor).GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Where(method => method.Name.EndsWith('_') && !Excluded.Contains(method.Name) && method.ReturnType == typeof(Tensor))
            .OrderBy(method => method.ToString(), StringComparer.Ordinal);

    private static MethodInfo? Counterpart(MethodInfo method)
    {
        var wanted = method.GetParameters().Select(parameter => parameter.ParameterType).ToArray();
        return typeof(Tensor).GetMethods(BindingFlags.Public | BindingFlags.Instance)
            .Where(other => other.Name == method.Name[..^1] && other.ReturnType == typeof(Tensor))
            .FirstOrDefault(other => other.GetParameters().Select(parameter => parameter.ParameterType).Take(wanted.Length).SequenceEqual(wanted)
                && other.GetParameters().Skip(wanted.Length).All(parameter => parameter.IsOptional));
    }

    // False if the operator does not take such inputs.
    private static bool Agree(MethodInfo method, MethodInfo counterpart, string kind)
    {
        var x = Inputs.Of(method.Name == "addmv_" ? $"{kind[0]}3" : kind)[0];
        var target = x.clone();
        Tensor expected;
        Tensor found;
        try
        {
            expected = (Tensor)counterpart.Invoke(x, Arguments(counterpart, kind))!;
            found = (Tensor)method.Invoke(target, Arguments(method, kind))!;
        }
        catch (TargetInvocationException refused) when (refused.InnerException is not null)
        {
            return false;
        }

        Assert.Same(target, found);
        Assert.Equal(expected.shape, found.shape);
        Assert.Equal(expected.reshape(-1).to(float64).data<double>().ToArray(), found.reshape(-1).to(float64).data<double>().ToArray());
        return true;
    }

    private static object?[] Arguments(MethodInfo method, string kind) => Array.ConvertAll(method.GetParameters(), parameter => Argument(method, parameter, kind));

    private static object? Argument(MethodInfo method, ParameterInfo parameter, string kind) => (parameter.Name, parameter.ParameterType) switch
    {
        ("mask", _) => Inputs.Of("m3,3")[0],
        ("index", _) => method.Name.StartsWith("scatter", StringComparison.Ordinal) ? zeros([3, 3], int64) : tensor([0L, 2, 1]),
        ("vec" or "vec1" or "vec2", _) => Inputs.Of($"{kind[0]}3")[0],
        ("batch1" or "batch2", _) => Inputs.Of($"{kind[0]}2,3,3")[0],
        ("max", var type) when type == typeof(Tensor) => Inputs.Of($"{kind} {kind}")[1].add(1),
        (_, var type) when type == typeof(Tensor) => Inputs.Of($"{kind} {kind}")[1],
        ("min", var type) when type == typeof(Scalar) => (Scalar)0.4,
        ("max", var type) when type == typeof(Scalar) => (Scalar)0.8,
        (_, var type) when type == typeof(Scalar) => kind[0] == 'i' ? (Scalar)2 : (Scalar)0.5,
        ("p", var type) when type == typeof(long) => 1L,
        ("dim1", _) => 1L,
        _ when parameter.HasDefaultValue => parameter.DefaultValue is null || !parameter.ParameterType.IsEnum ? parameter.DefaultValue : Enum.ToObject(parameter.ParameterType, parameter.DefaultValue),
        (_, var type) when type == typeof(long) => 0L,
        _ => throw new ArgumentException($"{method} has the parameter {parameter.Name}, for which there is no value here."),
    };
}
