using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Model;
using Orchestrator.Training.Data;
using Orchestrator.Training.Knowledge.Probing;
using Orchestrator.Training.Model;

namespace Orchestrator.Tests.Training.Knowledge.Probing;

/// <summary>A few hundred people of few values, their biographies, a vocabulary for them, and models that can read it.</summary>
internal static class ProbeData
{
    private static readonly BioVariant s_variant = BioVariant.Parse("multi2+permute");

    /// <summary>The people.</summary>
    public static BioPopulation Population { get; } = new(4, 240, 0, BioLists.Standard.Cut(BioSizes.Parse("first=8,middle=8,last=8,city=6,university=6,major=6,company=6")));

    /// <summary>Two biographies of each.</summary>
    public static IReadOnlyList<Biography> Biographies { get; } =
        [.. Population.All.SelectMany(person => Enumerable.Range(0, 2).Select(copy => new BiographyWriter(4).Write(person, s_variant, copy)))];

    /// <summary>A SentencePiece model of them, in which values have several pieces.</summary>
    public static byte[] Vocabulary { get; } = VocabularyTrainer.Train([.. Biographies.Select(biography => biography.Text)], new VocabularyOptions { Pieces = 400 });

    /// <summary>Writes the data of a study.</summary>
    public static void Write(string folder) => new BioDataset(Population, s_variant).Write(folder, null, CancellationToken.None);

    /// <summary>A small model's shape, with rows for the vocabulary.</summary>
    public static ResolvedModel Shape(string name) => SmallModels.Shape(name) with { Vocabulary = 512, MaxLength = 256 };

    /// <summary>A model of random weights, adapted for probing.</summary>
    public static ILanguageModel Model(ResolvedModel shape, BiosProbeRequest asked)
    {
        var model = LanguageModels.Create(shape, adaptation: BioProbe.AdaptationOf(shape, asked));
        model.Initialise(3);
        return model;
    }
}
