using System.CommandLine;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>The options of every command that lets a model generate.</summary>
internal sealed class GenerationArguments
{
    private static readonly GenerationOptions s_default = new();

    private readonly Option<int> _length = new("--max-length", "--max-tokens") { Description = "A text ends after so many tokens", HelpName = "N", DefaultValueFactory = _ => s_default.MaxTokens };
    private readonly Option<int> _beams = new("--beams") { Description = "Beams of a beam search; 1: greedy", HelpName = "N", DefaultValueFactory = _ => s_default.Beams };
    private readonly Option<double> _penalty = new("--length-penalty") { Description = "A beam's log-probability counts divided by its length to this power", HelpName = "X", DefaultValueFactory = _ => s_default.LengthPenalty };
    private readonly Option<bool> _early = new("--early-stopping") { Description = "A beam search ends with its first N texts" };
    private readonly Option<int?> _topK = new("--top-k") { Description = "Sample from the N likeliest tokens", HelpName = "N" };
    private readonly Option<double?> _topP = new("--top-p") { Description = "Sample from the likeliest tokens that together have this probability", HelpName = "X" };
    private readonly Option<double?> _temperature = new("--temperature") { Description = "Sample, logits divided by this", HelpName = "X" };
    private readonly Option<long> _seed = new("--seed") { Description = "What sampling draws depends on this, the text's number and the position", HelpName = "N", DefaultValueFactory = _ => s_default.Seed };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _length, _beams, _penalty, _early, _topK, _topP, _temperature, _seed })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was given.</summary>
    public GenerationOptions Of(ParseResult parsed) => new()
    {
        MaxTokens = parsed.GetValue(_length),
        Beams = parsed.GetValue(_beams),
        LengthPenalty = parsed.GetValue(_penalty),
        EarlyStopping = parsed.GetValue(_early),
        TopK = parsed.GetValue(_topK),
        TopP = parsed.GetValue(_topP),
        Temperature = parsed.GetValue(_temperature),
        Seed = parsed.GetValue(_seed),
    };
}
