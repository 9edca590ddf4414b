namespace Orchestrator.Core.Knowledge.Facts;

/// <summary>Names of a world's files.</summary>
public static class FactFiles
{
    /// <summary>A vocabulary in which every word is a piece, see <see cref="Data.WordVocabulary"/>.</summary>
    public const string Vocabulary = "spiece.model";

    /// <summary>An entity a line, with all its facts.</summary>
    public const string Facts = "facts.jsonl";

    /// <summary>Every fact as a sentence with a gap, for a model that was only pre-trained.</summary>
    public const string Cloze = "cloze.jsonl";

    /// <summary>An article a line, in random order.</summary>
    public const string Articles = "articles.jsonl";

    /// <summary>Questions about the entities that are trained on.</summary>
    public const string TrainQuestions = "questions-train.jsonl";

    /// <summary>Questions about the entities that are held out.</summary>
    public const string TestQuestions = "questions-test.jsonl";
}
