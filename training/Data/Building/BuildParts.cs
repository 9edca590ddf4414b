using System.Text.Json;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Data.Building;

/// <summary>A build whose inputs are cleaned by several processes, on one machine or on several that share the folder.</summary>
/// <remarks>Part i of n has the files whose first byte lies in the i-th n-th of all input bytes: the parts, end to end, are the inputs in
/// their order, and so the corpus has the bytes of a build in one process.</remarks>
public static class BuildParts
{
    /// <summary>The file that holds the request, beside the parts and then beside the corpus that was made of them.</summary>
    public const string RequestName = "parts.json";

    /// <summary>The request whose parts were cleaned in a folder, to be built now, or that its corpus was built for.</summary>
    /// <exception cref="BadInputException">No parts were cleaned there.</exception>
    public static CorpusBuildRequest Request(string folder)
    {
        var path = Path.Combine(new BuildFolder(folder).Work, RequestName);
        path = File.Exists(path) ? path : Path.Combine(folder, RequestName);
        if (!File.Exists(path))
        {
            throw new BadInputException($"out: '{folder}' holds no parts of a build; clean them with 'orchestrator corpus build --part I/N --out {folder}' first.");
        }

        return JsonSerializer.Deserialize<CorpusBuildRequest>(File.ReadAllBytes(path))! with { MergeParts = true };
    }

    /// <summary>The files of each part.</summary>
    internal static IReadOnlyList<IReadOnlyList<InputFile>> Divide(IReadOnlyList<InputFile> files, int parts)
    {
        var divided = Enumerable.Range(0, parts).Select(_ => new List<InputFile>()).ToList();
        var total = (UInt128)Math.Max(1, files.Sum(file => file.Bytes));
        var start = 0L;
        foreach (var file in files)
        {
            divided[(int)UInt128.Min((UInt128)(parts - 1), (UInt128)start * (UInt128)parts / total)].Add(file);
            start += file.Bytes;
        }

        return divided;
    }

    internal static void Remember(BuildFolder folder, CorpusBuildRequest request)
    {
        var path = Path.Combine(folder.Work, RequestName);
        var own = $"{path}.{request.Part}.tmp";
        BuildFolder.WriteAll(own, JsonSerializer.SerializeToUtf8Bytes(request with { Part = null, Threads = null, MergeParts = false }));
        File.Move(own, path, overwrite: true);
    }

    internal static long Clean(IReadOnlyList<InputFile> files, int part, int parts, PartCleaner cleaner, CancellationToken cancellationToken)
    {
        var own = Divide(files, parts)[part];
        var (pages, number, done, total) = (0L, 0, 0L, own.Sum(file => file.Bytes));
        foreach (var group in PartCleaner.Parts(own))
        {
            var name = Name(part, parts, number++);
            pages += (cleaner.Find(name) ?? cleaner.Clean(group, name, done, total, cancellationToken)).Pages;
            done += group.Sum(file => file.Bytes);
        }

        return pages;
    }

    /// <exception cref="BadInputException">A part is not complete.</exception>
    internal static CleanedText Join(
        IReadOnlyList<InputFile> files, int parts, string work, CleaningOptions options, Action<BuildProgress> progress, CancellationToken cancellationToken)
    {
        var cleaner = new PartCleaner(options, work, progress);
        var (paths, summaries) = (new List<string>(), new List<PartCleaner.Summary>());
        var divided = Divide(files, parts);
        for (var part = 0; part < parts; part++)
        {
            for (var number = 0; number < PartCleaner.Parts(divided[part]).Count(); number++)
            {
                var name = Name(part, parts, number);
                summaries.Add(cleaner.Find(name) ?? throw new BadInputException(
                    $"out: part {part}/{parts} is not complete; run 'orchestrator corpus build --part {part}/{parts}' with the inputs and options of the others."));
                paths.Add(cleaner.PathOf(name));
            }
        }

        return CleanedText.Of(paths, summaries, work, options, progress, cancellationToken);
    }

    private static string Name(int part, int parts, int number) => $"part-{part}-of-{parts}-{number:D5}";
}
