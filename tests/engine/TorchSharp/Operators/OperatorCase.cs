using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>What flows back through an operator.</summary>
internal enum Gradient
{
    /// <summary>The slope.</summary>
    Flows,

    /// <summary>Nothing: the results do not depend smoothly on anything.</summary>
    None,

    /// <summary>The slope, or libtorch says that it has no derivative: that differs from version to version.</summary>
    MayBeMissing,
}

/// <summary>One operator as it is called, on which inputs, and what numpy calls it.</summary>
/// <param name="Name">What the tests are named by.</param>
/// <param name="Variants">Inputs as <see cref="Inputs"/> reads them; several sets are separated by '|'.</param>
/// <param name="Run">The call.</param>
/// <param name="Numpy">The same as an expression of numpy over a, b, c, d; a tuple where there are several results.</param>
/// <param name="Gradient">What flows back to the inputs.</param>
internal sealed record OperatorCase(string Name, string Variants, Func<Tensor[], Tensor[]> Run, string Numpy, Gradient Gradient)
{
    /// <summary>Shapes for functions of one element.</summary>
    public const string Shapes = "2,3|5|2,1,3|2,0,3|";

    public override string ToString() => Name;

    /// <summary>A smooth function of each element. The letter says where its arguments lie.</summary>
    public static OperatorCase Each(string name, char domain, Func<Tensor, Tensor> run, string numpy, Gradient gradient = Gradient.Flows) =>
        new(name, string.Join('|', Shapes.Split('|').Select(shape => domain + shape)), t => [run(t[0])], numpy, gradient);

    /// <summary>A function of two elements, broadcast in every way.</summary>
    public static OperatorCase Pair(string name, string domains, Func<Tensor, Tensor, Tensor> run, string numpy, Gradient gradient = Gradient.Flows) =>
        new(
            name,
            string.Join('|', new[] { ("2,3", "2,3"), ("2,3", "3"), ("2,1", "1,3"), ("2,3", ""), ("3", "2,2,3"), ("0,3", "1") }
                .Select(shapes => $"{domains[0]}{shapes.Item1} {domains[1]}{shapes.Item2}")),
            t => [run(t[0], t[1])],
            numpy,
            gradient);

    public static OperatorCase One(string name, string variants, Func<Tensor, Tensor> run, string numpy, Gradient gradient = Gradient.Flows) =>
        new(name, variants, t => [run(t[0])], numpy, gradient);

    public static OperatorCase Two(string name, string variants, Func<Tensor, Tensor, Tensor> run, string numpy, Gradient gradient = Gradient.Flows) =>
        new(name, variants, t => [run(t[0], t[1])], numpy, gradient);

    public static OperatorCase Three(string name, string variants, Func<Tensor, Tensor, Tensor, Tensor> run, string numpy, Gradient gradient = Gradient.Flows) =>
        new(name, variants, t => [run(t[0], t[1], t[2])], numpy, gradient);

    public static OperatorCase Many(string name, string variants, Func<Tensor[], IEnumerable<Tensor>> run, string numpy, Gradient gradient = Gradient.Flows) =>
        new(name, variants, t => [.. run(t)], numpy, gradient);
}
