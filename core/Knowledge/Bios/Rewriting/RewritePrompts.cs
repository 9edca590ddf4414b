using Orchestrator.Core.Data;

namespace Orchestrator.Core.Knowledge.Bios.Rewriting;

/// <summary>What a language model is asked when it is to rewrite a biography.</summary>
public sealed class RewritePrompts
{
    private const string Gap = "{biography}";
    private const ulong Stream = 0x50524F4D;

    private RewritePrompts(IReadOnlyList<string> templates) => Templates = templates;

    /// <summary>The product's own.</summary>
    public static RewritePrompts Standard { get; } = new(BioLists.Lines(BioLists.Resource("bios.prompts.txt")));

    /// <summary>Each with <c>{biography}</c>.</summary>
    public IReadOnlyList<string> Templates { get; }

    /// <summary>Reads a file of prompts, one a line.</summary>
    /// <exception cref="BadInputException">It cannot be read, is empty, or a line has no <c>{biography}</c>.</exception>
    public static RewritePrompts FromFile(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var templates = BioLists.Lines(reader);
            return (templates.Count, templates.FirstOrDefault(template => !template.Contains(Gap, StringComparison.Ordinal))) switch
            {
                (0, _) => throw new BadInputException($"prompts: '{path}' is empty; write a prompt a line, with {Gap} where the text belongs."),
                (_, { } without) => throw new BadInputException($"prompts: '{path}' has the line '{without}', which lacks {Gap}; write it where the text belongs."),
                _ => new RewritePrompts(templates),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"prompts: '{path}' cannot be read: {error.Message.TrimEnd('.')}; name a file of prompts, one a line.", error);
        }
    }

    /// <summary>The prompt of an attempt: attempts at a biography take the prompts in turn, beginning anywhere.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="number">The biography's place in its file, from 0.</param>
    /// <param name="attempt">From 0.</param>
    /// <param name="biography">Its text.</param>
    public string For(long seed, long number, int attempt, string biography)
    {
        var first = new SeededRandom(Stream, (ulong)seed, (ulong)number).Below((ulong)Templates.Count);
        return Templates[(int)((first + (ulong)attempt) % (ulong)Templates.Count)].Replace(Gap, biography, StringComparison.Ordinal);
    }
}
