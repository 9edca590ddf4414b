namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>Names of a population's files.</summary>
public static class BioFiles
{
    /// <summary>What the population is drawn from, see <see cref="BioFacts"/>.</summary>
    public const string Population = "population.json";

    /// <summary>The vocabulary, see <see cref="BioVocabulary"/>.</summary>
    public const string Vocabulary = "spiece.model";

    /// <summary>A person a line.</summary>
    public const string People = "people.jsonl";

    /// <summary>A biography a line, in random order.</summary>
    public const string Biographies = "biographies.jsonl";

    /// <summary>Questions about the people that are trained on.</summary>
    public const string TrainQuestions = "questions-train.jsonl";

    /// <summary>Questions about the people that are held out.</summary>
    public const string TestQuestions = "questions-test.jsonl";
}
