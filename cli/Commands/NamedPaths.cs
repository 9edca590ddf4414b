using System.CommandLine;
using Orchestrator.Core;

namespace Orchestrator.Cli.Commands;

/// <summary>Paths as they are typed, turned into full ones; an empty one is refused by the name of its option.</summary>
internal static class NamedPaths
{
    /// <summary>The path that an option or argument must name.</summary>
    public static string FullPath(this ParseResult parsed, Option<string> option) => Full(option.Name, parsed.GetValue(option)!);

    /// <inheritdoc cref="FullPath(ParseResult, Option{string})"/>
    public static string FullPath(this ParseResult parsed, Argument<string> argument) => Full(argument.Name, parsed.GetValue(argument)!);

    /// <summary>The path that an option may name, or null.</summary>
    public static string? FullPathOrNull(this ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { } path ? Full(option.Name, path) : null;

    /// <inheritdoc cref="FullPathOrNull(ParseResult, Option{string})"/>
    public static string? FullPathOrNull(this ParseResult parsed, Argument<string?> argument) => parsed.GetValue(argument) is { } path ? Full(argument.Name, path) : null;

    /// <summary>The paths that an option names.</summary>
    public static IReadOnlyList<string> FullPaths(this ParseResult parsed, Option<string[]> option) => [.. (parsed.GetValue(option) ?? []).Select(path => Full(option.Name, path))];

    /// <inheritdoc cref="FullPaths(ParseResult, Option{string[]})"/>
    public static IReadOnlyList<string> FullPaths(this ParseResult parsed, Argument<string[]> argument) => [.. (parsed.GetValue(argument) ?? []).Select(path => Full(argument.Name, path))];

    /// <summary>The full path of one that was typed.</summary>
    /// <param name="name">The option or argument.</param>
    /// <param name="path">What was typed.</param>
    /// <exception cref="BadInputException">It is empty.</exception>
    public static string Full(string name, string path) => string.IsNullOrWhiteSpace(path)
        ? throw new BadInputException($"{name}: the name is empty; name a file or folder.")
        : Path.GetFullPath(path);
}
