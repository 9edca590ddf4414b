using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.Core.Specs;

/// <summary>A YAML value and where it stands.</summary>
internal abstract record SpecNode(int Line, int Column);

/// <summary>A single value.</summary>
/// <param name="Text">Its text, unquoted.</param>
/// <param name="Quoted">Whether it was in quotes or a block, so that it is text whatever it looks like.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
internal sealed record ScalarNode(string Text, bool Quoted, int Line, int Column) : SpecNode(Line, Column)
{
    /// <summary>Whether this is YAML's null.</summary>
    public bool IsNull => !Quoted && Text is "" or "~" or "null";
}

/// <summary>Keys and values in the order of the file, duplicates included.</summary>
internal sealed record MappingNode(IReadOnlyList<(ScalarNode Key, SpecNode Value)> Entries, int Line, int Column) : SpecNode(Line, Column);

/// <summary>A list.</summary>
internal sealed record ListNode(IReadOnlyList<SpecNode> Items, int Line, int Column) : SpecNode(Line, Column);

/// <summary>Reads one YAML document into nodes that know their place.</summary>
internal static class SpecDocument
{
    // A spec has four levels; a hostile one must not exhaust the stack.
    private const int MaxDepth = 32;

    /// <exception cref="YamlException">The text is not YAML, or uses what a spec has no need of.</exception>
    public static SpecNode? Read(string text)
    {
        var scanner = new Scanner(new StringReader(text));
        try
        {
            return Read(new Parser(scanner));
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or KeyNotFoundException)
        {
            // The scanner meets some broken texts with exceptions that know no place.
            throw new YamlException(scanner.CurrentPosition, scanner.CurrentPosition, "the text breaks off or is out of order here", e);
        }
    }

    private static SpecNode? Read(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _))
        {
            return null;
        }

        var root = Node(parser, depth: 0);
        parser.Consume<DocumentEnd>();
        return parser.Accept<DocumentStart>(out var second)
            ? throw new YamlException(second.Start, second.End, "a spec is one document, and a second one starts here")
            : root;
    }

    private static SpecNode Node(Parser parser, int depth)
    {
        var here = parser.Current ?? throw new YamlException("the file ends too early");
        var (line, column) = ((int)here.Start.Line, (int)here.Start.Column);
        if (depth > MaxDepth)
        {
            throw new YamlException(here.Start, here.End, "values are nested too deeply");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new ScalarNode(scalar.Value, scalar.Style != ScalarStyle.Plain, line, column);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<SpecNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(Node(parser, depth + 1));
            }

            return new ListNode(items, line, column);
        }

        if (!parser.TryConsume<MappingStart>(out _))
        {
            throw new YamlException(here.Start, here.End, "aliases are not supported; write the value out");
        }

        var entries = new List<(ScalarNode, SpecNode)>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var start = parser.Current!;
            if (Node(parser, depth + 1) is not ScalarNode key)
            {
                throw new YamlException(start.Start, start.End, "a key must be a name");
            }

            entries.Add((key, Node(parser, depth + 1)));
        }

        return new MappingNode(entries, line, column);
    }
}
