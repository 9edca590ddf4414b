using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Evaluation;
using Orchestrator.Training.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Training.Checkpoints;

public sealed class CheckpointWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SmallCheckpoint _small = new();

    public void Dispose()
    {
        _folder.Dispose();
        _small.Dispose();
    }

    [Fact]
    public async Task What_is_saved_loads_back_to_the_bit_whatever_happened_to_the_tensors_meanwhile()
    {
        var before = _small.Values.ToArray();
        using var writer = SmallCheckpoint.Writer(_folder.Path);
        var saving = writer.Save(_small.Content(200));
        _small.Fill(float.NaN);
        var saved = await saving;

        using var reader = CheckpointCatalog.OpenNewest(_folder.Path, SmallCheckpoint.Spec, Assert.Fail)!;
        reader.CopyModel(_small.Model);
        reader.CopyOptimizer(_small.Optimizer);

        Assert.Equal(before, _small.Values);
        Assert.Equal((200L, _folder["step-00000200"]), (saved.Step, saved.Folder));
        Assert.Equal((200L, 1600L), (reader.Manifest.Step, reader.Manifest.Cursor.Index));
        Assert.Equal("train_loss", Assert.Single(reader.Manifest.Metrics).Key);
        Assert.Equal(WeightsDigest.Of(_small.Model), saved.WeightsDigest);
        Assert.Equal(WeightsDigest.Text(saved.WeightsDigest), reader.Manifest.WeightsDigest);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(saved.Folder, "manifest.json")))), saved.ManifestSha256);
    }

    [Fact]
    public async Task The_folder_is_a_hugging_face_model()
    {
        var vocabulary = _folder["vocabulary"];
        await File.WriteAllBytesAsync(vocabulary, [1, 2, 3]);
        using var writer = SmallCheckpoint.Writer(_folder["out"]);
        var saved = await writer.Save(_small.Content(1, vocabulary));

        Assert.Equal(
            [
                "config.json", "manifest.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json",
                "optimizer-00001-of-00001.safetensors", "special_tokens_map.json", "spiece.model", "tokenizer_config.json",
            ],
            Directory.GetFiles(saved.Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(SmallCheckpoint.Shape, HuggingFaceConfig.Read(Path.Combine(saved.Folder, "config.json")));
        var index = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(saved.Folder, "model.safetensors.index.json")))!;
        Assert.Equal(((2 * 1600) + 16) * 4, index["metadata"]!["total_size"]!.GetValue<int>());
        foreach (var tensor in _small.Model)
        {
            using var file = new SafetensorsFile(Path.Combine(saved.Folder, index["weight_map"]![tensor.Name]!.GetValue<string>()));
            Assert.Equal(tensor.Shape, file[tensor.Name].Shape);
            Assert.Equal("pt", file.Metadata["format"]);
        }

        var config = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(saved.Folder, "config.json")))!;
        Assert.Equal("t5", config["model_type"]!.GetValue<string>());
        Assert.Equal("gated-gelu", config["feed_forward_proj"]!.GetValue<string>());
        var tokens = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(saved.Folder, "special_tokens_map.json")))!;
        Assert.Equal("<extra_id_99>", tokens["additional_special_tokens"]!.AsArray()[99]!.GetValue<string>());
    }

    [Fact]
    public async Task The_same_tensors_make_the_same_files_to_the_bit()
    {
        using var one = SmallCheckpoint.Writer(_folder["one"]);
        using var two = SmallCheckpoint.Writer(_folder["two"]);
        var (first, second) = (await one.Save(_small.Content(5)), await two.Save(_small.Content(5)));
        foreach (var path in Directory.GetFiles(first.Folder).Where(path => Path.GetFileName(path) != "manifest.json"))
        {
            Assert.Equal(await File.ReadAllBytesAsync(path), await File.ReadAllBytesAsync(Path.Combine(second.Folder, Path.GetFileName(path))));
        }
    }

    [Fact]
    public async Task Only_the_newest_are_kept_and_leftovers_of_killed_saves_go()
    {
        Directory.CreateDirectory(_folder[".tmp-step-00000001-99"]);
        using var writer = SmallCheckpoint.Writer(_folder.Path, keep: 2);
        _ = await writer.Save(_small.Content(10));
        _ = await writer.Save(_small.Content(20));
        var saved = await writer.Save(_small.Content(30));

        Assert.Equal([10], saved.RemovedSteps);
        Assert.Equal(["step-00000020", "step-00000030"], Directory.GetDirectories(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_best_is_kept_beside_the_newest_and_gives_way_to_a_better_one()
    {
        using var writer = SmallCheckpoint.Writer(_folder.Path, keep: 1);
        foreach (var (step, best) in new[] { (1, 1), (2, 1), (3, 1), (4, 4), (5, 4) })
        {
            var evaluation = new CheckpointEvaluation("squad", new EvaluationRecord(step, best, 50 + best, step - best));
            _ = await writer.Save(_small.Content(step) with { Evaluation = evaluation });
        }

        var kept = CheckpointCatalog.List(_folder.Path);
        Assert.Equal([5, 4], kept.Select(entry => entry.Manifest.Step));
        Assert.All(kept, entry => Assert.Equal(4, entry.Manifest.Evaluation!.Record.BestStep));
    }

    [Fact]
    public async Task A_step_that_is_saved_again_replaces_the_old_folder()
    {
        using var writer = SmallCheckpoint.Writer(_folder.Path);
        var first = await writer.Save(_small.Content(10));
        _small.Fill(7);
        var second = await writer.Save(_small.Content(10));

        Assert.NotEqual(first.WeightsDigest, second.WeightsDigest);
        Assert.Equal(["step-00000010"], Directory.GetDirectories(_folder.Path).Select(Path.GetFileName));
        using var reader = CheckpointCatalog.OpenNewest(_folder.Path, null, Assert.Fail)!;
        Assert.Equal(WeightsDigest.Text(second.WeightsDigest), reader.Manifest.WeightsDigest);
    }

    [Fact]
    public async Task Another_writer_to_the_same_folder_is_refused_and_told_who_is_there()
    {
        using var writer = SmallCheckpoint.Writer(_folder.Path);
        using (FolderLock.Acquire(_folder.Path, "run other"))
        {
            var thrown = await Assert.ThrowsAsync<CheckpointException>(() => writer.Save(_small.Content(10)));
            Assert.Contains("in use by run other (process", thrown.Message, StringComparison.Ordinal);
        }

        Assert.Equal(10, (await writer.Save(_small.Content(10))).Step);
    }

    [Fact]
    public async Task Two_writers_at_once_never_leave_a_mixture()
    {
        using var other = new SmallCheckpoint(50);
        using var one = SmallCheckpoint.Writer(_folder.Path, holder: "one");
        using var two = SmallCheckpoint.Writer(_folder.Path, holder: "two");
        for (var round = 0; round < 10; round++)
        {
            var saves = new[] { one.Save(_small.Content(10)), two.Save(other.Content(10)) };
            await Task.WhenAll(saves.Select(save => save.ContinueWith(_ => { }, TaskScheduler.Default)));

            Assert.Contains(saves, save => save.IsCompletedSuccessfully);
            using var reader = CheckpointCatalog.OpenNewest(_folder.Path, null, Assert.Fail)!;
            Assert.Contains(reader.Manifest.WeightsDigest, new[] { WeightsDigest.Text(WeightsDigest.Of(_small.Model)), WeightsDigest.Text(WeightsDigest.Of(other.Model)) });
            Assert.Empty(Directory.GetDirectories(_folder.Path, ".tmp-*"));
        }
    }
}
