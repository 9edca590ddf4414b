using Xunit;

namespace Orchestrator.Tests.Architecture;

/// <summary>The one rule of the format that neither the build nor <c>dotnet format whitespace --folder</c> sees: it takes no loading of the solution to check.</summary>
public sealed class UsingOrderTests
{
    [Fact]
    public void Every_file_has_its_usings_in_order()
    {
        var files = new[] { "core", "protos", "training", "worker", "coordinator", "cli", "compat", "tests", "bench" }
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/node_modules/", StringComparison.Ordinal))
            .ToList();

        var wrong = files.Select(file => (File: Path.GetRelativePath(Repository.Root, file), Line: FirstOutOfOrder(File.ReadLines(file)))).Where(found => found.Line is not null);

        Assert.InRange(files.Count, 500, int.MaxValue);
        Assert.Empty(wrong.Select(found => $"{found.File}: {found.Line}"));
    }

    [Theory]
    [InlineData("using Grpc.Core;\nusing System;", "using System;")]
    [InlineData("using System.Text.Json;\nusing System.Text;", "using System.Text;")]
    [InlineData("using Xunit;\nusing Orchestrator.Core;", "using Orchestrator.Core;")]
    [InlineData("using static TorchSharp.torch;\nusing Xunit;", "using Xunit;")]
    [InlineData("using A = B.C;\nusing static TorchSharp.torch;", "using static TorchSharp.torch;")]
    [InlineData("// Why.\nusing System;\nusing System.Text;\nusing Grpc.Core;\nusing Xunit;\nusing static TorchSharp.torch;\nusing A = System.Text;\n\nnamespace X;\nusing (x)", null)]
    public void What_is_out_of_order_is_seen(string text, string? line) => Assert.Equal(line, FirstOutOfOrder(text.Split('\n')));

    // Namespaces, then static ones, then aliases; in each System's first, then part by part of the name.
    private static string? FirstOutOfOrder(IEnumerable<string> lines)
    {
        var usings = lines.TakeWhile(line => !line.StartsWith("namespace ", StringComparison.Ordinal)).Where(line => line.StartsWith("using ", StringComparison.Ordinal) && !line.StartsWith("using var ", StringComparison.Ordinal) && line.EndsWith(';')).ToList();
        return usings.Zip(usings.Skip(1)).Where(pair => Compare(pair.First, pair.Second) > 0).Select(pair => pair.Second).FirstOrDefault();
    }

    private static int Compare(string one, string other)
    {
        var (kind, parts) = Key(one);
        var (otherKind, otherParts) = Key(other);
        if (kind != otherKind)
        {
            return kind.CompareTo(otherKind);
        }

        var system = (otherParts[0] == "System").CompareTo(parts[0] == "System");
        return system != 0
            ? system
            : parts.Zip(otherParts, (part, otherPart) => string.Compare(part, otherPart, StringComparison.OrdinalIgnoreCase)).FirstOrDefault(order => order != 0, parts.Length - otherParts.Length);
    }

    private static (int Kind, string[] Parts) Key(string line)
    {
        var what = line["using ".Length..^1];
        return what.Contains('=', StringComparison.Ordinal) ? (2, [what.Split('=')[0].Trim()])
            : what.StartsWith("static ", StringComparison.Ordinal) ? (1, what["static ".Length..].Split('.'))
            : (0, what.Split('.'));
    }
}
