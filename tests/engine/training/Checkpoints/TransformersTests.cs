using System.Diagnostics;
using System.Text.Json;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Training.Checkpoints;
using Orchestrator.Training.Model;
using TorchSharp;
using Xunit;

namespace Orchestrator.Tests.Training.Checkpoints;

/// <summary>A script that loads folders by transformers' documented formats and computes T5 in PyTorch, independent of the product, sees the same model.</summary>
public sealed class TransformersTests : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private static readonly Lazy<bool> s_torch = new(() => File.Exists(Python) && Run("-c", "import torch").Code == 0);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("t5_v10_tiny", TensorType.F32, 5_000_000_000)]
    [InlineData("t5_v11_tiny", TensorType.F32, 300_000)]
    [InlineData("t5_v11_tiny", TensorType.BF16, 5_000_000_000)]
    public void An_export_gives_the_logits_that_the_model_has_here(string golden, TensorType type, long maxShardBytes)
    {
        Assert.SkipUnless(s_torch.Value, "python3-torch is not installed");
        using var sample = new HuggingFaceSample(golden, type);
        sample.Write(_folder["from"]);
        HuggingFaceImport.Import(_folder["from"], _folder["in"], null, TimeProvider.System, (_, _) => { });
        HuggingFaceExport.Export(_folder["in"], _folder["out"], type, maxShardBytes, (_, _) => { });
        using var imported = HuggingFaceFolder.Open(_folder["in"]);
        using var model = new T5Model(imported.Shape);
        imported.CopyTo(model.Parameters.WeightViews);

        Compare(_folder["out"], model);
    }

    [Theory]
    [InlineData(FeedForwardKind.GatedGelu, false)]
    [InlineData(FeedForwardKind.Relu, true)]
    public async Task A_runs_checkpoint_opens_as_it_stands(FeedForwardKind form, bool tied)
    {
        Assert.SkipUnless(s_torch.Value, "python3-torch is not installed");
        using var model = new T5Model(new ResolvedModel(512, 32, 64, 8, 4, 1, 2, form, tied, 32, 128, 0.1));
        model.Initialise(9);
        await File.WriteAllBytesAsync(_folder["spiece.model"], SmallText.Vocabulary);
        using var writer = new CheckpointWriter(_folder["run"], new CheckpointOptions { MaxShardBytes = 100_000 }, TimeProvider.System);
        var saved = await writer.Save(new CheckpointContent
        {
            Step = 3,
            Cursor = new CheckpointCursor(0, 0),
            SpecDigest = "spec",
            Shape = model.Shape,
            Model = model.Parameters.WeightViews,
            Optimizer = [],
            Vocabulary = _folder["spiece.model"],
        });

        Compare(saved.Folder, model);
    }

    private void Compare(string folder, T5Model model)
    {
        long[] inputs = [17, 30, 99, 250, 8, 1, 0, 0, 0, 41, 5, 383, 77, 12, 9, 120, 64, 1];
        long[] targets = [7, 200, 31, 6, 1, 300, 2, 55, 13, 1];
        using var from = torch.tensor(inputs, [2, 9]);
        using var to = torch.tensor(targets, [2, 5]);
        using var logits = model.forward(from, to);
        File.WriteAllText(_folder["request.json"], JsonSerializer.Serialize(new { input_ids = inputs.Chunk(9), labels = targets.Chunk(5) }));

        var (code, output, errors) = Run(Path.Combine(TestFiles.Root, "tests", "engine", "peers", "transformers_t5.py"), folder, _folder["request.json"]);

        Assert.True(code == 0, errors);
        using var answer = JsonDocument.Parse(output);
        float[] expected = [.. answer.RootElement.GetProperty("logits").EnumerateArray().Select(value => value.GetSingle())];
        var distance = GoldenTensors.Distance(expected, TensorMemory.Values<float>(logits));
        Assert.InRange(distance, 0, 1e-5 * Math.Max(1, GoldenTensors.Largest(expected)));
    }

    private static (int Code, string Output, string Errors) Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)));
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }
}
