using System.Diagnostics;
using System.Text.Json;
using Orchestrator.Training.Data;
using Xunit;

namespace Orchestrator.Tests.Training.Data;

public sealed class MegatronReaderTests
{
    [Theory]
    [InlineData(32_100)]
    [InlineData(250_000)]
    public void A_reader_written_from_Megatrons_layout_finds_the_documents(int vocabularySize)
    {
        using var folder = new TemporaryFolder();
        var documents = Enumerable.Range(0, 200).Select(i => Enumerable.Range(0, i * 7 % 50).Select(k => (i * 31 * (k + 1)) % vocabularySize).ToArray()).ToList();
        using (var writer = new ShardWriter(folder["shard"], vocabularySize))
        {
            documents.ForEach(document => writer.Add(document));
            writer.Complete();
        }

        Assert.Equal(documents, Read(folder["shard"]));
    }

    private static List<int[]> Read(string shard)
    {
        Assert.SkipUnless(
            (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "python3"))), "python3 is not installed");
        var start = new ProcessStartInfo("python3", [Path.Combine(TestFiles.Root, "tests", "engine", "Data", "megatron_reader.py"), shard])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.GetAwaiter().GetResult());
        return JsonSerializer.Deserialize<List<int[]>>(output)!;
    }
}
