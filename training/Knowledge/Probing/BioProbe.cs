using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Orchestrator.Training.Data.Building;
using Orchestrator.Training.Model;

namespace Orchestrator.Training.Knowledge.Probing;

/// <summary>P-probing and Q-probing of a model that has read biographies (Allen-Zhu and Li 2023, arXiv:2309.14316).</summary>
public static class BioProbe
{
    /// <summary>What of the model is trained: a low-rank update of its embedding, and nothing else.</summary>
    /// <exception cref="BadInputException">Such a model cannot be probed so.</exception>
    public static Adaptation AdaptationOf(ResolvedModel shape, BiosProbeRequest asked)
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(asked);
        if (asked.Kind == BioProbeKind.Position && shape.Family != ModelFamily.Gpt)
        {
            throw new BadInputException($"kind: position reads what a decoder knows before it comes to a value, and a {shape.Family} sees the value itself; choose question.");
        }

        var (rank, largest) = (asked.RankOrDefault, Math.Min(shape.DModel, shape.Vocabulary));
        return rank <= largest
            ? new Adaptation(
                LanguageModels.ParametersOf(shape).Select(weight => weight.Name).ToHashSet(StringComparer.Ordinal),
                [new LowRankShape(LanguageModels.EmbeddingOf(shape), rank, Scale: 1f, shape.DModel, shape.Vocabulary)])
            : throw new BadInputException($"rank: it was {rank}; choose at most {largest}, the smaller side of the embedding.");
    }

    /// <summary>Trains probes on the people about whom questions are trained, and tests them on the others.</summary>
    /// <param name="model">The model as <see cref="AdaptationOf"/> adapts it; its weights stay as they are.</param>
    /// <param name="tokenizer">Its vocabulary.</param>
    /// <param name="asked">What is probed, and how.</param>
    /// <param name="progress">Gets how far it is.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <exception cref="BadInputException">The data cannot be read, or a half of the people is empty.</exception>
    public static BioProbeResult Run(
        ILanguageModel model, Tokenizer tokenizer, BiosProbeRequest asked, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentNullException.ThrowIfNull(progress);
        var people = BioReader.People(asked.Data);
        var texts = Texts(people, model.Shape.Family, tokenizer, asked, progress, cancellationToken);
        var (trained, tested) = (texts.Where(text => text.Person.Trained).ToArray(), texts.Where(text => !text.Person.Trained).ToArray());
        if (trained.Length == 0 || tested.Length == 0)
        {
            throw new BadInputException($"data: {asked.Data} has {trained.Length} texts of people to train on and {tested.Length} of others; both are needed.");
        }

        using var prober = new Prober(model, asked, ProbeTask.Of(people, tokenizer), texts[0].Places.Length);
        prober.Train(trained, step => progress(new BuildProgress("train", step, asked.Steps, "steps")), cancellationToken);
        var shares = prober.Test(tested, done => progress(new BuildProgress("test", done, tested.Length, "texts")), cancellationToken);
        return new BioProbeResult(
            asked.Kind,
            [.. shares.Select(share => BioAttributes.All.Select(attribute => 100.0 * share.First(task => task.Key.Attribute == attribute && !task.Key.Whole).Value).ToArray())],
            [.. shares.Select(share => BioAttributes.All.Select(attribute => 100.0 * Whole(share, attribute)).ToArray())],
            People(trained),
            People(tested),
            asked.Steps);
    }

    private static double? Whole(IReadOnlyDictionary<ProbeTask, double> shares, BioAttribute attribute) =>
        shares.Where(task => task.Key.Attribute == attribute && task.Key.Whole).Select(task => (double?)task.Value).SingleOrDefault();

    private static int People(IEnumerable<ProbeText> texts) => texts.Select(text => text.Person.Index).Distinct().Count();

    private static List<ProbeText> Texts(
        IReadOnlyList<BioPerson> people, ModelFamily family, Tokenizer tokenizer, BiosProbeRequest asked, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var texts = new List<ProbeText>();
        if (asked.Kind == BioProbeKind.Question)
        {
            texts.AddRange(people.Select(person => ProbeText.OfName(person, tokenizer, family)));
            return texts;
        }

        foreach (var biography in BioReader.Biographies(asked.Data, people))
        {
            cancellationToken.ThrowIfCancellationRequested();
            texts.Add(ProbeText.OfBiography(biography, tokenizer));
            progress(new BuildProgress("read", texts.Count, null, "biographies"));
        }

        return texts;
    }
}
