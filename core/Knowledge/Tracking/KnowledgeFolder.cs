using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestrator.Core.Knowledge.Tracking;

/// <summary>What a run answered to one probe, in <c>RUN/knowledge/PROBE</c>: <c>questions.jsonl</c> and a file for each step after which it was asked.</summary>
/// <remarks>
/// A step has one file however often the run came to it: it appears whole or not at all, and one of other weights is replaced. Its first line is a
/// <see cref="KnowledgeHead"/>, each other a <see cref="KnowledgeAnswer"/>.
/// </remarks>
public sealed class KnowledgeFolder
{
    /// <summary>The folder of all probes in a run's.</summary>
    public const string RootName = "knowledge";

    private const string QuestionsName = "questions.jsonl";
    private const string Prefix = "step-", Suffix = ".jsonl";
    private const int NameLength = 16;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
    };

    private KnowledgeFolder(string path) => Root = path;

    /// <summary>The folder of a probe in a run's folder.</summary>
    /// <param name="run">The run's folder.</param>
    /// <param name="probe">The probe's digest.</param>
    public KnowledgeFolder(string run, string probe)
        : this(Path.Combine(run, RootName, probe[..NameLength]))
    {
    }

    /// <summary>The folder.</summary>
    public string Root { get; }

    /// <summary>The first half of the probe's name.</summary>
    public string Name => Path.GetFileName(Root);

    /// <summary>The steps after which the run was asked, ascending.</summary>
    public IReadOnlyList<long> Steps => Directory.Exists(Root)
        ? [.. Directory.GetFiles(Root, $"{Prefix}*{Suffix}")
            .Select(path => long.TryParse(Path.GetFileName(path)[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1)
            .Where(step => step >= 0).Order()]
        : [];

    /// <summary>The folders of a run's probes, the one that was asked last being first.</summary>
    public static IReadOnlyList<KnowledgeFolder> Of(string run)
    {
        var root = Path.Combine(run, RootName);
        return Directory.Exists(root)
            ? [.. Directory.GetDirectories(root).Select(path => new KnowledgeFolder(path)).Where(folder => folder.Steps.Count > 0)
                .OrderByDescending(folder => folder.Steps[^1]).ThenBy(folder => folder.Name, StringComparer.Ordinal)]
            : [];
    }

    /// <summary>The file of a step.</summary>
    public string PathOf(long step) => Path.Combine(Root, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step:D8}{Suffix}"));

    /// <summary>Whose answers a step's file has, or null where there is none that can be read.</summary>
    public KnowledgeHead? HeadOf(long step)
    {
        try
        {
            return JsonSerializer.Deserialize<KnowledgeHead>(File.ReadLines(PathOf(step)).FirstOrDefault() ?? "", s_json);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes the questions, unless they are there, and an asking; both are on disk when this returns.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void Write(KnowledgeProbe probe, KnowledgeAsking asking)
    {
        ArgumentNullException.ThrowIfNull(probe);
        ArgumentNullException.ThrowIfNull(asking);
        Directory.CreateDirectory(Root);
        var questions = Path.Combine(Root, QuestionsName);
        if (!File.Exists(questions))
        {
            WriteWhole(questions, probe.Questions.Select(question => JsonSerializer.Serialize(question, s_json)));
        }

        WriteWhole(PathOf(asking.Head.Step), asking.Answers.Select(answer => JsonSerializer.Serialize(answer, s_json)).Prepend(JsonSerializer.Serialize(asking.Head, s_json)));
    }

    /// <summary>The questions.</summary>
    /// <exception cref="BadInputException">They cannot be read.</exception>
    public IReadOnlyList<KnowledgeQuestion> Questions() => [.. Lines(Path.Combine(Root, QuestionsName)).Select(line => line.As<KnowledgeQuestion>())];

    /// <summary>The askings, by step.</summary>
    /// <exception cref="BadInputException">A file is damaged; the message locates it.</exception>
    public IEnumerable<KnowledgeAsking> Askings() => Steps.Select(Asking);

    /// <summary>The asking after a step.</summary>
    /// <exception cref="BadInputException">Its file is damaged; the message locates it.</exception>
    public KnowledgeAsking Asking(long step)
    {
        var lines = Lines(PathOf(step)).ToList();
        return new KnowledgeAsking(lines[0].As<KnowledgeHead>(), [.. lines.Skip(1).Select(line => line.As<KnowledgeAnswer>())]);
    }

    private static IEnumerable<Line> Lines(string path)
    {
        try
        {
            var lines = File.ReadAllLines(path);
            return lines.Length > 0 ? lines.Select((text, number) => new Line(path, number + 1, text)) : throw new BadInputException($"{path} is empty; remove it.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private static void WriteWhole(string path, IEnumerable<string> lines)
    {
        using (var file = new FileStream(path + ".part", FileMode.Create, FileAccess.Write))
        {
            using (var text = new StreamWriter(file, leaveOpen: true))
            {
                foreach (var line in lines)
                {
                    text.Write(line);
                    text.Write('\n');
                }
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(path + ".part", path, overwrite: true);
    }

    private sealed record Line(string Path, int Number, string Text)
    {
        public T As<T>()
        {
            try
            {
                return JsonSerializer.Deserialize<T>(Text, s_json) ?? throw new JsonException("it is null");
            }
            catch (JsonException error)
            {
                throw new BadInputException($"{Path}:{Number} is damaged; remove the file, and the run goes on without that asking.", error);
            }
        }
    }
}
