using System.CommandLine;
using Orchestrator.Cli.Jobs;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Cli.Commands;

/// <summary>Trains vocabularies.</summary>
internal static class VocabCommand
{
    public static Command Create(CommandContext context) =>
        new Documented("vocab", "Trains vocabularies.", "orchestrator vocab train --input ~/texts --out spiece.model") { Train(context) };

    private static Documented Train(CommandContext context)
    {
        var fallback = new VocabularyOptions();
        var input = new Option<string[]>("--input") { Description = "A folder or file of text, as for a corpus; - is standard input; may be named again", HelpName = "PATH", Required = true, AllowMultipleArgumentsPerToken = true };
        var output = new Option<string>("--out") { Description = "The model's file", HelpName = "FILE", Required = true };
        var pieces = new Option<int>("--pieces") { Description = "Its size, without the 100 sentinels", HelpName = "N", DefaultValueFactory = _ => fallback.Pieces };
        var kind = new Option<VocabularyKind>("--kind") { Description = "unigram (T5's) or bpe", HelpName = "KIND", DefaultValueFactory = _ => fallback.Kind };
        var coverage = new Option<double>("--coverage") { Description = "Share of the text's characters that pieces cover", HelpName = "SHARE", DefaultValueFactory = _ => fallback.CharacterCoverage };
        var seed = new Option<uint>("--seed") { Description = "Which lines are drawn where there are too many", HelpName = "N", DefaultValueFactory = _ => fallback.Seed };
        var sample = new Option<int>("--sample") { Description = "Train on at most so many megabytes of the text, drawn from all of it; takes about thirty times that of memory", HelpName = "MB", DefaultValueFactory = _ => fallback.TextMegabytes };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace a file that is there" };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        var command = new Documented(
            "train",
            "Trains a SentencePiece vocabulary on text, cleaned as for a corpus.",
            "orchestrator vocab train --input /usr/share/doc/postgresql-doc-15/html --out spiece.model --pieces 2000")
        {
            input, output, pieces, kind, coverage, sample, seed, overwrite, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            var request = new VocabTrainRequest
            {
                Inputs = [.. parsed.GetValue(input)!.Select(path => path == "-" ? path : NamedPaths.Full(input.Name, path))],
                Out = parsed.FullPath(output),
                Training = new VocabularyOptions { Pieces = parsed.GetValue(pieces), Kind = parsed.GetValue(kind), CharacterCoverage = parsed.GetValue(coverage), TextMegabytes = parsed.GetValue(sample), Seed = parsed.GetValue(seed) },
                Overwrite = parsed.GetValue(overwrite),
            };
            request.Validate();
            using var spooled = request.Inputs.Contains("-") ? await StandardInputFile.SpoolAsync(Path.GetDirectoryName(request.Out)!, context.Interrupts.Soft) : null;
            request = request with { Inputs = [.. request.Inputs.Select(path => path == "-" ? spooled!.Path : path)] };
            var code = await JobCommands.RunAsync(context, VocabTrainRequest.JobName, request, parsed.GetValue(json), happened =>
                happened.GetProperty("event").GetString() == "finished"
                    ? $"{happened.GetProperty("out").GetString()}: {happened.GetProperty("pieces").GetInt64()} pieces from {happened.GetProperty("lines").GetInt64()} lines"
                    : null);
            spooled?.Forget();
            return code;
        });
        return command;
    }
}
