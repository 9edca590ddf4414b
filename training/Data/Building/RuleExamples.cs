using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Building;

/// <summary>A piece of text that a rule dropped.</summary>
/// <param name="Page">The page's URL or place.</param>
/// <param name="Text">The line, or the page's beginning.</param>
public sealed record RuleExample(string Page, string Text);

/// <summary>The first examples of what each rule dropped.</summary>
/// <param name="limit">How many are kept of each rule; 0: none.</param>
internal sealed class RuleExamples(int limit)
{
    private const int MaxCharacters = 200;

    private readonly List<RuleExample>?[] _examples = new List<RuleExample>?[CleaningRules.All.Count];

    /// <summary>The examples by the rules' names.</summary>
    public SortedDictionary<string, List<RuleExample>> ByRule
    {
        get
        {
            var byRule = new SortedDictionary<string, List<RuleExample>>(StringComparer.Ordinal);
            foreach (var rule in CleaningRules.All)
            {
                if (_examples[(int)rule] is { } examples)
                {
                    byRule[CleaningRules.Name(rule)] = examples;
                }
            }

            return byRule;
        }
    }

    /// <summary>Keeps an example, unless there are enough of its rule.</summary>
    public void Add(CleaningRule rule, string page, ReadOnlySpan<char> text)
    {
        if (limit > 0 && (_examples[(int)rule] ??= []).Count < limit)
        {
            text = text.Trim();
            var end = text.Length <= MaxCharacters ? text.Length : char.IsHighSurrogate(text[MaxCharacters - 1]) ? MaxCharacters - 1 : MaxCharacters;
            _examples[(int)rule]!.Add(new RuleExample(page, end < text.Length ? $"{text[..end]}…" : text.ToString()));
        }
    }

    /// <summary>Adds other examples behind these.</summary>
    public void Add(IReadOnlyDictionary<string, List<RuleExample>> others)
    {
        foreach (var rule in CleaningRules.All)
        {
            if (others.TryGetValue(CleaningRules.Name(rule), out var examples))
            {
                foreach (var example in examples)
                {
                    Add(rule, example.Page, example.Text);
                }
            }
        }
    }
}
