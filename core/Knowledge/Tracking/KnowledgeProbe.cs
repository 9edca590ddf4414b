using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Evaluation;
using Orchestrator.Core.Knowledge.ClosedBook;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Tracking;

/// <summary>A question that a run is asked.</summary>
/// <param name="Line">Its line or entry in its file, from 1: it names the question everywhere.</param>
/// <param name="Input">What the model reads.</param>
/// <param name="Targets">The answers that are right, at least one.</param>
public sealed record KnowledgeQuestion(long Line, string Input, IReadOnlyList<string> Targets)
{
    /// <summary>The gap that the answer fills, or null where it is the whole of what the model writes.</summary>
    internal int? Gap => GapAnswer.GapOf(Targets[0]);

    /// <summary>The right answers without a sentinel before them.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Answers => Gap is { } gap ? [.. Targets.Select(target => GapAnswer.Of(target, gap))] : Targets;

    /// <summary>The answer in what a model wrote.</summary>
    public string AnswerIn(string prediction) => Gap is { } gap ? GapAnswer.Of(prediction, gap) : prediction;
}

/// <summary>The questions that a run is asked, and what says which answers are right.</summary>
public sealed class KnowledgeProbe
{
    private readonly Func<string, IReadOnlyList<string>, bool?> _verdict;

    /// <summary>A probe of questions, of which those stay that the metric counts.</summary>
    /// <param name="questions">The questions.</param>
    /// <param name="metric">A metric of <see cref="TextMetrics.Exacts"/>.</param>
    public KnowledgeProbe(IEnumerable<KnowledgeQuestion> questions, string metric)
    {
        ArgumentNullException.ThrowIfNull(questions);
        Metric = metric;
        _verdict = TextMetrics.Named(metric).Verdict ?? throw new ArgumentException($"{metric} knows degrees.", nameof(metric));
        Questions = [.. questions.Where(question => _verdict("", question.Answers) is not null)];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"orchestrator knowledge 1\n{metric}\n"));
        foreach (var question in Questions)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(question) + "\n"));
        }

        Digest = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The questions, in the order of their file.</summary>
    public IReadOnlyList<KnowledgeQuestion> Questions { get; }

    /// <summary>The metric's name.</summary>
    public string Metric { get; }

    /// <summary>A sentence where the file of a published data set holds another number of rows than are published, else null.</summary>
    public string? Note { get; private init; }

    /// <summary>Names questions and metric: 64 hexadecimal characters.</summary>
    public string Digest { get; }

    /// <summary>The questions of a spec.</summary>
    /// <exception cref="BadInputException">The file cannot be read, has bad rows, which the message locates, or none that count.</exception>
    public static KnowledgeProbe Read(KnowledgeSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        const string field = "evaluation.knowledge.questions";
        var format = new TaskFormat(new TaskSpec { Dataset = spec.Dataset, Prefix = spec.Prefix, Input = spec.Input, Target = spec.Target });
        using var file = TaskFile.Open(spec.Questions, format, field, spec.Limit);
        var questions = new List<KnowledgeQuestion>((int)file.Count);
        for (var number = 0L; number < file.Count; number++)
        {
            var example = file.Read(number);
            var question = new KnowledgeQuestion(file.Line(number), example.Input, example.Targets);
            try
            {
                if (question.Answers.Any(string.IsNullOrWhiteSpace))
                {
                    throw new FormatException("has an empty answer");
                }
            }
            catch (FormatException error)
            {
                throw new BadInputException($"{field}: {spec.Questions}:{question.Line}: the question {error.Message}.", error);
            }

            questions.Add(question);
        }

        var published = spec.Limit is null ? ClosedBookTask.Find(spec.Dataset) : null;
        var probe = new KnowledgeProbe(questions, spec.Metric) { Note = published?.Rows.Note(spec.Questions, file.Records, published.Title) };
        return probe.Questions.Count > 0 ? probe : throw new BadInputException($"{field}: {spec.Metric} counts none of the questions in {spec.Questions}; choose another evaluation.knowledge.metric.");
    }

    /// <summary>Refuses a run whose questions cannot be asked, before anything starts.</summary>
    /// <exception cref="BadInputException">As <see cref="Read"/>.</exception>
    public static void Require(RunSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Evaluation.Knowledge is { } knowledge)
        {
            _ = Read(knowledge);
        }
    }

    /// <summary>Judges what a model wrote.</summary>
    /// <param name="question">The question.</param>
    /// <param name="text">All that it wrote.</param>
    /// <param name="logProbability">Of all of that, nats.</param>
    public KnowledgeAnswer Judge(KnowledgeQuestion question, string text, double logProbability)
    {
        ArgumentNullException.ThrowIfNull(question);
        return new KnowledgeAnswer(question.Line, _verdict(question.AnswerIn(text), question.Answers) == true, text, Math.Exp(Math.Min(0, logProbability)));
    }
}
