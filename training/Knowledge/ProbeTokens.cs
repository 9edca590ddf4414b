using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Tracking;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;

namespace Orchestrator.Training.Knowledge;

/// <summary>The questions that a run is asked, as its model reads them.</summary>
public sealed class ProbeTokens
{
    // An answer that is right may have an article or a mark that its target lacks, and the sentinel of the next gap.
    private const int Slack = 8;

    private ProbeTokens(KnowledgeProbe probe, IReadOnlyList<long[]> inputs, int maxTokens) => (Probe, Inputs, MaxTokens) = (probe, inputs, maxTokens);

    /// <summary>The questions.</summary>
    public KnowledgeProbe Probe { get; }

    /// <summary>Their tokens.</summary>
    public IReadOnlyList<long[]> Inputs { get; }

    /// <summary>Tokens of an answer at most, its end included: eight more than the longest target has.</summary>
    public int MaxTokens { get; }

    /// <summary>The questions of a run, or null where it is asked none.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="tokenizer">Its vocabulary.</param>
    /// <exception cref="BadInputException">The file cannot be read, or a question cannot be asked; the message names its line.</exception>
    public static ProbeTokens? Of(RunSpec spec, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Evaluation.Knowledge is not { } knowledge)
        {
            return null;
        }

        var probe = KnowledgeProbe.Read(knowledge);
        var isDecoder = spec.Model.Family == ModelFamily.Gpt;
        var texts = new TextTokens(tokenizer, isDecoder);
        var (inputs, longest) = (new List<long[]>(probe.Questions.Count), 0);
        foreach (var question in probe.Questions)
        {
            try
            {
                inputs.Add(texts.Of(question.Input));
                longest = Math.Max(longest, question.Targets.Max(target => texts.Of(target).Length));
            }
            catch (BadInputException error)
            {
                throw new BadInputException($"evaluation.knowledge.questions: {knowledge.Questions}:{question.Line}: {error.Message}", error);
            }
        }

        var most = longest + Slack;
        var room = spec.Model.MaxLength - most;
        return !isDecoder || inputs.FindIndex(input => input.Length > room) is not (>= 0 and var tooLong)
            ? new ProbeTokens(probe, inputs, most)
            : throw new BadInputException(
                $"evaluation.knowledge.questions: {knowledge.Questions}:{probe.Questions[tooLong].Line}: the question has {inputs[tooLong].Length} tokens, and model.max_length, {spec.Model.MaxLength}, leaves {room} beside an answer; shorten it.");
    }
}
