using Orchestrator.Core;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Generation;

/// <summary>Generates sequences: greedily, by beam search or by sampling.</summary>
public static class SequenceGenerator
{
    /// <summary>Token that ends a sequence.</summary>
    public const long End = 1;

    /// <summary>Generates a sequence for each row.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">Token ids [rows, L], row by row, padded with 0.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="options">How.</param>
    /// <param name="inputMask">1 where an input is seen, 0 where not; null: where it is not 0.</param>
    /// <param name="keys">Each row's number in the whole of what is generated, for sampling; null: 0, 1, 2 and so on.</param>
    /// <exception cref="BadInputException">An option is out of its range, or the model's logits are not finite.</exception>
    public static IReadOnlyList<GeneratedSequence> Generate(
        IGenerativeModel model, long[] inputs, int rows, GenerationOptions options, long[]? inputMask = null, IReadOnlyList<long>? keys = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        options.Validate();
        using var decoder = model.StartDecoding(inputs, rows, inputMask);
        return options.Beams > 1
            ? new BeamSearch(decoder, options).Run()
            : TokenSearch.Run(decoder, options, keys ?? [.. Enumerable.Range(0, rows).Select(row => (long)row)]);
    }
}
