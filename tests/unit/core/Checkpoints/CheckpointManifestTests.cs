using System.Text;
using Orchestrator.Core.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Core.Checkpoints;

public sealed class CheckpointManifestTests
{
    private static readonly CheckpointManifest s_manifest = new()
    {
        ProductVersion = "1.2.3",
        Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        SpecDigest = new string('a', 64),
        Step = 200,
        Cursor = new CheckpointCursor(1, 77),
        WeightsDigest = "0123456789abcdef",
        Metrics = new Dictionary<string, double> { ["train_loss"] = 3.25 },
        Files = [new CheckpointFile("model-00001-of-00001.safetensors", 100, new string('b', 64))],
        Tensors = [new CheckpointTensor("shared.weight", "model-00001-of-00001.safetensors", 64, [3, 3], TensorType.F32)],
    };

    [Fact]
    public void What_is_written_reads_back()
    {
        var bytes = s_manifest.ToBytes();
        var read = CheckpointManifest.Parse(bytes);
        Assert.Equal(bytes, read.ToBytes());
        Assert.Equal((200L, 1L, 77L, 3.25, 100L), (read.Step, read.Cursor.Epoch, read.Cursor.Index, read.Metrics["train_loss"], read.Bytes));
        Assert.Equal([3, 3], read.Tensors[0].Shape);
    }

    [Fact]
    public void No_change_of_a_letter_or_digit_goes_unnoticed()
    {
        var bytes = s_manifest.ToBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            if (char.IsAsciiLetterOrDigit((char)bytes[i]))
            {
                var damaged = bytes.ToArray();
                damaged[i] ^= 1;
                Assert.Throws<InvalidDataException>(() => CheckpointManifest.Parse(damaged));
            }
        }
    }

    [Fact]
    public void A_manifest_that_is_cut_short_is_refused_at_every_length()
    {
        var bytes = s_manifest.ToBytes();
        for (var length = 0; length < bytes.Length - 2; length++)
        {
            Assert.Throws<InvalidDataException>(() => CheckpointManifest.Parse(bytes.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData("../../etc/passwd")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("manifest.json")]
    public void A_file_name_that_leads_out_of_the_folder_is_refused(string name) =>
        Assert.Throws<InvalidDataException>(() => CheckpointManifest.Parse((s_manifest with { Files = [new CheckpointFile(name, 1, "")], Tensors = [] }).ToBytes()));

    [Fact]
    public void A_tensor_outside_the_files_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => CheckpointManifest.Parse((s_manifest with { Tensors = [s_manifest.Tensors[0] with { File = "other" }] }).ToBytes()));
        Assert.Throws<InvalidDataException>(() => CheckpointManifest.Parse((s_manifest with { Tensors = [s_manifest.Tensors[0] with { Offset = 101 }] }).ToBytes()));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"version":1,"files":null}""")]
    public void Other_json_is_refused(string json) => Assert.Throws<InvalidDataException>(() => CheckpointManifest.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void A_later_layout_is_refused_by_its_version()
    {
        var thrown = Assert.Throws<InvalidDataException>(() => CheckpointManifest.Parse((s_manifest with { Version = 2 }).ToBytes()));
        Assert.Contains("version 2", thrown.Message, StringComparison.Ordinal);
    }
}
