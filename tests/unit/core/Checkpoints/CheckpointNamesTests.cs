using Orchestrator.Core.Checkpoints;
using Xunit;

namespace Orchestrator.Tests.Core.Checkpoints;

public sealed class CheckpointNamesTests
{
    [Theory]
    [InlineData(0, "step-00000000")]
    [InlineData(200, "step-00000200")]
    [InlineData(1234567890, "step-1234567890")]
    public void A_step_and_its_folder_name_each_other(long step, string folder)
    {
        Assert.Equal(folder, CheckpointNames.Folder(step));
        Assert.Equal(step, CheckpointNames.Step(folder));
    }

    [Theory]
    [InlineData("step-200")]
    [InlineData("step-0000020x")]
    [InlineData("step--0000200")]
    [InlineData(".tmp-step-00000200-17")]
    [InlineData("step-00000200.old")]
    [InlineData("step-99999999999999999999")]
    public void Other_names_are_no_checkpoints(string folder) => Assert.Null(CheckpointNames.Step(folder));

    [Fact]
    public void Shards_are_numbered_as_hugging_face_numbers_them() =>
        Assert.Equal("model-00001-of-00002.safetensors", CheckpointNames.Shard("model", 0, 2));
}
