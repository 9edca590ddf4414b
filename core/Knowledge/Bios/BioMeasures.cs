namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>What was measured of a population's models. Accuracies are percent; attributes go by <see cref="BioAttributes.Name"/>.</summary>
/// <param name="Memory">What the pre-trained model remembers inside the biographies; null: not measured.</param>
/// <param name="Extraction">What the fine-tuned model answers; null: not measured.</param>
/// <param name="Majority">What guessing achieves.</param>
/// <param name="Capacity">What the pre-trained model stores; null: not measured, as of a model that is no decoder alone.</param>
public sealed record BioMeasures(BioMemory? Memory, BioExtraction? Extraction, BioMajority Majority, BioCapacity? Capacity);

/// <summary>Teacher-forced accuracy inside the biographies.</summary>
/// <param name="First">Of a value's first token, by attribute.</param>
/// <param name="Whole">Of all of a value's tokens together, by attribute.</param>
/// <param name="FirstMean">Mean of <paramref name="First"/>.</param>
/// <param name="WholeMean">Mean of <paramref name="Whole"/>.</param>
/// <param name="ByPosition">Of the first token, by the place of the attribute among the six of its biography.</param>
public sealed record BioMemory(
    IReadOnlyDictionary<string, double> First, IReadOnlyDictionary<string, double> Whole, double FirstMean, double WholeMean, IReadOnlyList<double> ByPosition);

/// <summary>Answers that are right as a whole.</summary>
/// <param name="HeldOut">Of people whose questions were held out, by attribute.</param>
/// <param name="HeldOutMeanOfFive">Mean of those but the birth date.</param>
/// <param name="HeldOutMean">Mean of all six.</param>
/// <param name="Trained">Of people whose questions were trained on, by attribute.</param>
/// <param name="TrainedMeanOfFive">Mean of those but the birth date.</param>
public sealed record BioExtraction(
    IReadOnlyDictionary<string, double> HeldOut, double HeldOutMeanOfFive, double HeldOutMean, IReadOnlyDictionary<string, double> Trained, double TrainedMeanOfFive)
{
    /// <summary>The measures of two groups of people.</summary>
    public static BioExtraction Of(IReadOnlyDictionary<string, double> heldOut, IReadOnlyDictionary<string, double> trained)
    {
        ArgumentNullException.ThrowIfNull(heldOut);
        return new BioExtraction(heldOut, MeanOfFive(heldOut), heldOut.Values.Average(), trained, MeanOfFive(trained));
    }

    /// <summary>The mean over the attributes other than the birth date.</summary>
    public static double MeanOfFive(IReadOnlyDictionary<string, double> accuracies)
    {
        ArgumentNullException.ThrowIfNull(accuracies);
        return accuracies.Where(one => one.Key != BioAttribute.BirthDate.Name()).Average(one => one.Value);
    }
}

/// <summary>Bits that a model stores (Allen-Zhu and Li 2024, arXiv:2404.05405, definition 2.2 and theorem 3.2).</summary>
/// <param name="Bits">N log2(N0 / e^p1) + N log2(S0 / e^p2).</param>
/// <param name="Parameters">Weights, of the embedding the rows of tokens that biographies have.</param>
/// <param name="BitsPerParameter">The quotient.</param>
public sealed record BioCapacity(double Bits, long Parameters, double BitsPerParameter)
{
    /// <summary>What a model stores.</summary>
    /// <param name="facts">N, N0 and the numbers of values.</param>
    /// <param name="nameLoss">p1: mean over biographies of a name's summed loss, nats.</param>
    /// <param name="valueLoss">p2: mean over biographies of the summed loss of the values that are drawn and of the pronoun, nats.</param>
    /// <param name="withPronoun">Whether biographies tell the pronoun.</param>
    /// <param name="parameters">See <see cref="Parameters"/>.</param>
    public static BioCapacity Of(BioFacts facts, double nameLoss, double valueLoss, bool withPronoun, long parameters)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var values = facts.Values.Values.Sum(count => Math.Log2(count)) + (withPronoun ? Math.Log2(facts.Pronouns) : 0);
        var bits = (facts.People + facts.Celebrities) * (Math.Log2(facts.Names) + values - ((nameLoss + valueLoss) / Math.Log(2)));
        return new BioCapacity(bits, parameters, bits / parameters);
    }
}
