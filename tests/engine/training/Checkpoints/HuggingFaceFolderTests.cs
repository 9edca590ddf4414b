using Orchestrator.Core;
using Orchestrator.Core.Checkpoints;
using Orchestrator.Tests.Training.Data;
using Orchestrator.Training.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Training.Checkpoints;

public sealed class HuggingFaceFolderTests : IDisposable
{
    private const string Embedding = "shared.weight";
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("t5_v10_tiny", TensorType.F32, 0)]
    [InlineData("t5_v11_tiny", TensorType.F32, 3)]
    [InlineData("t5_v10_tiny", TensorType.BF16, 2)]
    [InlineData("t5_v11_tiny", TensorType.BF16, 0)]
    [InlineData("t5_v11_tiny", TensorType.F16, 0)]
    [InlineData("t5_v10_tiny", TensorType.F16, 2)]
    public void Imported_and_exported_again_every_name_and_byte_is_as_it_was(string golden, TensorType type, int shards)
    {
        using var sample = new HuggingFaceSample(golden, type);
        sample.Write(_folder["from"], shards);

        var imported = Import(_folder["from"]);
        Export(imported.Folder, _folder["back"], type);

        Assert.Equal(HuggingFaceSample.Bytes(_folder["from"]), HuggingFaceSample.Bytes(_folder["back"]));
        Assert.Empty(CheckpointCatalog.Verify(imported));
        Assert.Equal(0, imported.Manifest.Step);
        Assert.Equal(["config.json", "generation_config.json", "model.safetensors"], Names(_folder["back"]));
    }

    [Fact]
    public void A_tied_embedding_is_found_under_any_of_its_names_and_under_all_of_them()
    {
        string[] aliases = ["encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"];
        using var all = new HuggingFaceSample("t5_v10_tiny");
        foreach (var alias in aliases)
        {
            all.Copy(Embedding, alias);
            using var one = new HuggingFaceSample("t5_v10_tiny");
            one.Rename(Embedding, alias);
            Assert.Equal(Digest("plain", new HuggingFaceSample("t5_v10_tiny")), Digest(alias, one));
        }

        all.Copy("decoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight");
        Assert.Equal(Digest("plain", new HuggingFaceSample("t5_v10_tiny")), Digest("all", all));
        all.Change("lm_head.weight");
        Assert.Contains("'lm_head.weight' differs from 'shared.weight'", Refused(all), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mismatch_of_names_shapes_and_formats_is_listed()
    {
        using var sample = new HuggingFaceSample("t5_v11_tiny");
        sample.Remove("lm_head.weight");
        sample.Rename("encoder.block.1.layer.0.SelfAttention.q.weight", "encoder.block.9.layer.0.SelfAttention.q.weight");
        sample.Reshape("decoder.final_layer_norm.weight", 8, 8);

        var message = Refused(sample);

        Assert.Contains("'lm_head.weight' is missing", message, StringComparison.Ordinal);
        Assert.Contains("'encoder.block.1.layer.0.SelfAttention.q.weight' is missing", message, StringComparison.Ordinal);
        Assert.Contains("'encoder.block.9.layer.0.SelfAttention.q.weight' belongs to no T5", message, StringComparison.Ordinal);
        Assert.Contains("'decoder.final_layer_norm.weight' is [8, 8] where [64] is due", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("feed_forward_proj", "gated-silu", "silu")]
    [InlineData("dense_act_fn", "gelu", "gelu")]
    [InlineData("model_type", "mt5", "mt5")]
    public void A_model_that_would_be_computed_otherwise_is_refused(string field, string value, string named)
    {
        using var sample = new HuggingFaceSample("t5_v11_tiny");
        sample.Config[field] = value;
        Assert.Contains(named, Refused(sample), StringComparison.Ordinal);
    }

    [Fact]
    public void A_classifier_another_epsilon_and_another_start_token_are_refused()
    {
        using var sample = new HuggingFaceSample("t5_v11_tiny");
        sample.Config["architectures"]!.AsArray()[0] = "T5ForSequenceClassification";
        Assert.Contains("T5ForSequenceClassification", Refused(sample), StringComparison.Ordinal);
        sample.Config.Remove("architectures");
        sample.Config["layer_norm_epsilon"] = 1e-5;
        Assert.Contains("layer_norm_epsilon is 1E-05", Refused(sample), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_pickle_is_refused_with_the_way_to_convert_it_and_so_is_an_empty_folder()
    {
        using var sample = new HuggingFaceSample("t5_v10_tiny");
        sample.Write(_folder["from"]);
        File.Move(_folder["from/model.safetensors"], _folder["from/pytorch_model.bin"]);
        var pickle = Assert.Throws<BadInputException>(() => Import(_folder["from"])).Message;
        Assert.Contains("safe_serialization=True", pickle, StringComparison.Ordinal);
        File.Delete(_folder["from/pytorch_model.bin"]);
        Assert.Contains("neither", Assert.Throws<BadInputException>(() => Import(_folder["from"])).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["in"]));
    }

    [Fact]
    public void An_index_that_does_not_fit_its_files_is_refused_with_all_that_is_wrong()
    {
        using var sample = new HuggingFaceSample("t5_v10_tiny");
        sample.Write(_folder["from"], shards: 3);
        File.Delete(_folder["from/model-00002-of-00003.safetensors"]);
        var index = _folder["from/model.safetensors.index.json"];
        File.WriteAllText(index, File.ReadAllText(index).Replace("\"decoder.block.0.layer.0.SelfAttention.k.weight\"", "\"other.weight\"", StringComparison.Ordinal));

        var message = Assert.Throws<BadInputException>(() => Import(_folder["from"])).Message;

        Assert.Contains("model-00002-of-00003.safetensors", message, StringComparison.Ordinal);
        Assert.Contains("'other.weight'", message, StringComparison.Ordinal);
        Assert.Contains("'decoder.block.0.layer.0.SelfAttention.k.weight'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_export_in_several_files_has_an_index_and_reads_back()
    {
        using var sample = new HuggingFaceSample("t5_v11_tiny");
        sample.Write(_folder["from"]);
        var files = Export(_folder["from"], _folder["out"], TensorType.F32, maxShardBytes: 300_000);

        Assert.True(files.Count > 2);
        Assert.Equal(HuggingFaceSample.Bytes(_folder["from"]), HuggingFaceSample.Bytes(_folder["out"]));
        Assert.All(files.SkipLast(1), file => Assert.InRange(new FileInfo(_folder["out/" + file]).Length, 1, 320_000));
    }

    [Fact]
    public void A_folder_that_exists_stays_as_it_is_and_a_value_too_large_for_fp16_leaves_nothing()
    {
        using var sample = new HuggingFaceSample("t5_v10_tiny");
        sample.Write(_folder["from"]);
        Assert.Contains("not empty", Assert.Throws<BadInputException>(() => Export(_folder["from"], _folder.Path, TensorType.F32)).Message, StringComparison.Ordinal);

        var path = _folder["from/model.safetensors"];
        var bytes = File.ReadAllBytes(path);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), 70000f);
        File.WriteAllBytes(path, bytes);
        Assert.Contains("bf16", Assert.Throws<BadInputException>(() => Export(_folder["from"], _folder["half"], TensorType.F16)).Message, StringComparison.Ordinal);
        Assert.Equal(["from"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void A_vocabulary_goes_along_and_one_that_is_too_large_is_refused()
    {
        using var sample = new HuggingFaceSample("t5_v10_tiny");
        sample.Write(_folder["from"]);
        File.WriteAllBytes(_folder["small.model"], SmallText.Vocabulary);

        // The sample's embedding has 384 rows, the vocabulary 400 tokens or more.
        Assert.Contains("384", Assert.Throws<BadInputException>(() => Import(_folder["from"], _folder["small.model"])).Message, StringComparison.Ordinal);
    }

    private static string[] Names(string folder) => [.. Directory.GetFiles(folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string> Export(string from, string to, TensorType type, long maxShardBytes = 5_000_000_000) =>
        HuggingFaceExport.Export(from, to, type, maxShardBytes, (_, _) => { });

    private CheckpointEntry Import(string from, string? vocabulary = null) => HuggingFaceImport.Import(from, _folder["in"], vocabulary, TimeProvider.System, (_, _) => { });

    private string Digest(string name, HuggingFaceSample sample)
    {
        sample.Write(_folder[name]);
        var digest = Import(_folder[name]).Manifest.WeightsDigest;
        Directory.Delete(_folder["in"], recursive: true);
        return digest;
    }

    private string Refused(HuggingFaceSample sample)
    {
        sample.Write(_folder["refused"]);
        return Assert.Throws<BadInputException>(() => Import(_folder["refused"])).Message;
    }
}
