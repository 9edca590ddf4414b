using Orchestrator.Core.Checkpoints;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Specs;

public sealed class StartWeightsTests : IDisposable
{
    private const string Digest = "00112233aabbccdd";
    private readonly TemporaryFolder _folder = new();

    public StartWeightsTests() => Save("start", Digest);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_checkpoint_is_bound_by_the_digest_of_its_weights_and_its_place_does_not_matter()
    {
        Save("elsewhere", Digest);
        var (first, second) = (Read("start_from: start").Spec!, Read("start_from: elsewhere").Spec!);

        Assert.Equal(Path.Combine(_folder.Path, "start"), first.Model.StartFrom);
        Assert.Equal(Digest, first.Model.StartDigest);
        Assert.Equal(SpecDigest.Of(first, "corpus"), SpecDigest.Of(second, "corpus"));
        Assert.NotEqual(SpecDigest.Of(first, "corpus"), SpecDigest.Of(Read("d_model: 512").Spec!, "corpus"));
        Save("elsewhere", "0123456789abcdef");
        Assert.NotEqual(SpecDigest.Of(first, "corpus"), SpecDigest.Of(Read("start_from: elsewhere").Spec!, "corpus"));
    }

    [Fact]
    public void A_bound_spec_is_read_again_without_the_checkpoint_and_refuses_another_in_its_place()
    {
        var text = SpecWriter.Write(Read("start_from: start").Spec!);
        Directory.Delete(Path.Combine(_folder.Path, "start"), recursive: true);
        Assert.Equal(Digest, SpecReader.Read(text, "run.yaml", _folder.Path).Spec!.Model.StartDigest);

        Save("start", "0123456789abcdef");
        Assert.Contains("must be 0123456789abcdef", Assert.Single(SpecReader.Read(text, "run.yaml", _folder.Path).Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_checkpoint_a_damaged_one_and_half_of_the_pair_are_refused()
    {
        Assert.Contains("orchestrator checkpoint import", Assert.Single(Read("start_from: nothing").Errors).ToString(), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(_folder.Path, "start", CheckpointManifest.FileName), "{}");
        Assert.Contains("model.start_from cannot be read", Assert.Single(Read("start_from: start").Errors).ToString(), StringComparison.Ordinal);
        Assert.Contains("model.start_from must name", Assert.Single(Read($"start_digest: \"{Digest}\"").Errors).ToString(), StringComparison.Ordinal);
        Assert.Contains("model.start_digest is missing", Assert.Single(SpecReader.Read(Text("start_from: /start"), "run.yaml").Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_hugging_face_is_refused_with_the_command_that_imports_it_and_a_runs_with_its_newest_checkpoint()
    {
        var (model, run) = (Path.Combine(_folder.Path, "flan"), Path.Combine(_folder.Path, "run"));
        Directory.CreateDirectory(model);
        File.WriteAllText(Path.Combine(model, "config.json"), "{}");
        Assert.EndsWith($"with: orchestrator checkpoint import {model} --out {model}-imported", Assert.Single(Read("start_from: flan").Errors).ToString(), StringComparison.Ordinal);

        Save("run/checkpoints/step-00000008", Digest);
        Save("run/checkpoints/step-00000010", Digest);
        Assert.EndsWith($"name a checkpoint of this run, such as {run}/checkpoints/step-00000010", Assert.Single(Read("start_from: run").Errors).ToString(), StringComparison.Ordinal);
    }

    private static string Text(string model) => $"data:\n  corpus: corpus\nmodel:\n  {model}\n";

    private SpecResult Read(string model) => SpecReader.Read(Text(model), "run.yaml", _folder.Path);

    private void Save(string name, string digest)
    {
        var manifest = new CheckpointManifest
        {
            ProductVersion = "1",
            Created = DateTimeOffset.UnixEpoch,
            SpecDigest = "",
            Step = 0,
            Cursor = new CheckpointCursor(0, 0),
            WeightsDigest = digest,
            Files = [],
            Tensors = [],
        };
        Directory.CreateDirectory(Path.Combine(_folder.Path, name));
        File.WriteAllBytes(Path.Combine(_folder.Path, name, CheckpointManifest.FileName), manifest.ToBytes());
    }
}
