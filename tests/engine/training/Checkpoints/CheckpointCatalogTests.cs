using Orchestrator.Core;
using Orchestrator.Training.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Training.Checkpoints;

public sealed class CheckpointCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SmallCheckpoint _small = new();
    private readonly List<string> _warnings = [];

    public void Dispose()
    {
        _folder.Dispose();
        _small.Dispose();
    }

    [Theory]
    [InlineData("model-00001-of-00002.safetensors", "flip")]
    [InlineData("model-00002-of-00002.safetensors", "cut")]
    [InlineData("optimizer-00001-of-00001.safetensors", "flip")]
    [InlineData("optimizer-00001-of-00001.safetensors", "remove")]
    [InlineData("config.json", "flip")]
    [InlineData("manifest.json", "flip")]
    [InlineData("manifest.json", "cut")]
    [InlineData("manifest.json", "remove")]
    public async Task A_damaged_newest_one_is_passed_over_with_a_warning_that_names_the_file(string file, string damage)
    {
        await SaveAsync(10, 20);
        Damage(Path.Combine(_folder["step-00000020"], file), damage);

        using var reader = CheckpointCatalog.OpenNewest(_folder.Path, SmallCheckpoint.Spec, _warnings.Add);

        Assert.Equal(10, reader!.Manifest.Step);
        var warning = Assert.Single(_warnings);
        Assert.Contains(_folder["step-00000020"], warning, StringComparison.Ordinal);
        Assert.Contains(file, warning, StringComparison.Ordinal);
        var thrown = Assert.Throws<BadInputException>(() => CheckpointCatalog.Open(_folder["step-00000020"], null, Assert.Fail));
        Assert.Contains(damage == "remove" && file == "manifest.json" ? "manifest.json" : file, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_to_be_newer_than_a_step_is_not_an_older_one_though_that_is_whole()
    {
        await SaveAsync(10, 20);
        Assert.Equal(20, CheckpointCatalog.NewestStep(_folder.Path));
        using (var newer = CheckpointCatalog.OpenNewest(_folder.Path, SmallCheckpoint.Spec, _warnings.Add, after: 10))
        {
            Assert.Equal(20, newer!.Manifest.Step);
        }

        Damage(Path.Combine(_folder["step-00000020"], "config.json"), "flip");

        Assert.Null(CheckpointCatalog.OpenNewest(_folder.Path, SmallCheckpoint.Spec, _warnings.Add, after: 10));
        Assert.Single(_warnings);
        Damage(Path.Combine(_folder["step-00000020"], "manifest.json"), "remove");
        Assert.Equal(10, CheckpointCatalog.NewestStep(_folder.Path));
        Assert.Equal(-1, CheckpointCatalog.NewestStep(_folder["nowhere"]));
    }

    [Fact]
    public async Task Every_flipped_bit_of_a_small_checkpoint_is_found()
    {
        using var tiny = new SmallCheckpoint(1, rows: 1);
        using var writer = SmallCheckpoint.Writer(_folder.Path);
        var saved = await writer.Save(tiny.Content(10));
        var entry = Assert.Single(CheckpointCatalog.List(_folder.Path));
        var random = new Random(1);
        foreach (var path in entry.Manifest.Files.Select(file => Path.Combine(saved.Folder, file.Name)))
        {
            var bytes = await File.ReadAllBytesAsync(path);
            for (var round = 0; round < 50; round++)
            {
                var damaged = bytes.ToArray();
                damaged[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                await File.WriteAllBytesAsync(path, damaged);
                Assert.Equal(path, Assert.Single(CheckpointCatalog.Verify(entry)).File);
            }

            await File.WriteAllBytesAsync(path, bytes);
        }

        Assert.Empty(CheckpointCatalog.Verify(entry));
    }

    [Fact]
    public async Task A_checkpoint_of_another_spec_is_refused()
    {
        await SaveAsync(10);
        var thrown = Assert.Throws<BadInputException>(() => CheckpointCatalog.OpenNewest(_folder.Path, "other", _warnings.Add));
        Assert.Contains("belongs to another spec", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("--out", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_folder_a_folder_of_checkpoints_and_a_checkpoint_all_open()
    {
        using (var writer = SmallCheckpoint.Writer(_folder["run/checkpoints"]))
        {
            _ = await writer.Save(_small.Content(10));
        }

        foreach (var path in new[] { "run", "run/checkpoints", "run/checkpoints/step-00000010" })
        {
            using var reader = CheckpointCatalog.Open(_folder[path], SmallCheckpoint.Spec, Assert.Fail);
            Assert.Equal(10, reader.Manifest.Step);
        }
    }

    [Fact]
    public void Where_there_is_nothing_nothing_is_opened()
    {
        Assert.Null(CheckpointCatalog.OpenNewest(_folder["nowhere"], null, Assert.Fail));
        var thrown = Assert.Throws<BadInputException>(() => CheckpointCatalog.Open(_folder["nowhere"], null, Assert.Fail));
        Assert.Contains("no whole checkpoint", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_other_shapes_is_refused_and_stays_as_it_was()
    {
        await SaveAsync(10);
        using var other = new SmallCheckpoint(9, rows: 50);
        var before = other.Values.ToArray();
        using var reader = CheckpointCatalog.OpenNewest(_folder.Path, null, Assert.Fail)!;

        var shape = Assert.Throws<CheckpointException>(() => reader.CopyModel(other.Model));
        var extra = Assert.Throws<CheckpointException>(() => reader.CopyModel([.. _small.Model.Skip(1)]));
        var missing = Assert.Throws<CheckpointException>(() => reader.CopyModel([.. _small.Model, _small.Model[0] with { Name = "new" }]));

        Assert.Contains("[100, 16]", shape.Message, StringComparison.Ordinal);
        Assert.Contains("shared.weight", extra.Message, StringComparison.Ordinal);
        Assert.Contains("'new'", missing.Message, StringComparison.Ordinal);
        Assert.Equal(before, other.Values);
    }

    [Fact]
    public void The_weights_digest_depends_on_names_shapes_and_values_and_not_on_order()
    {
        var digest = WeightsDigest.Of(_small.Model);
        Assert.Equal(digest, WeightsDigest.Of(_small.Model.Reverse()));
        Assert.NotEqual(digest, WeightsDigest.Of(_small.Model.Select(t => t with { Name = t.Name + "x" })));
        Assert.NotEqual(digest, WeightsDigest.Of(_small.Model.Select(t => t with { Shape = [.. t.Shape.Reverse()] })));
        var swapped = _small.Model.ToArray();
        (swapped[0], swapped[2]) = (swapped[0] with { Name = swapped[2].Name }, swapped[2] with { Name = swapped[0].Name });
        Assert.NotEqual(digest, WeightsDigest.Of(swapped));
        _small.Fill(1);
        Assert.NotEqual(digest, WeightsDigest.Of(_small.Model));
    }

    private static void Damage(string path, string damage)
    {
        if (damage == "remove")
        {
            File.Delete(path);
            return;
        }

        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 4;
        File.WriteAllBytes(path, damage == "cut" ? bytes[..(bytes.Length / 2)] : bytes);
    }

    private async Task SaveAsync(params long[] steps)
    {
        using var writer = SmallCheckpoint.Writer(_folder.Path);
        foreach (var step in steps)
        {
            _ = await writer.Save(_small.Content(step));
        }
    }
}
