using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Specs;

public sealed class SpecDigestTests
{
    private static readonly RunSpec Spec = new() { Data = new DataSpec { Corpus = "/c" } };

    [Fact]
    public void Names_worker_counts_policies_paths_and_the_number_of_steps_leave_the_digest_alone()
    {
        var other = Spec with
        {
            Name = "other",
            Data = Spec.Data with { Corpus = "/elsewhere" },
            Workers = Spec.Workers with { Min = 2, Max = 2 },
            Checkpoint = new CheckpointSpec { Every = 7, Keep = 1 },
            Evaluation = new EvaluationSpec { Every = 9 },
            Batch = Spec.Batch with { Steps = 5 },
        };

        Assert.Equal(SpecDigest.Of(Spec, "corpus"), SpecDigest.Of(other, "corpus"));
    }

    [Fact]
    public void Everything_else_changes_it()
    {
        RunSpec[] others =
        [
            Spec with { Seed = 2 },
            Spec with { Model = Spec.Model with { DFf = 1 } },
            Spec with { Model = Spec.Model with { Vocabulary = 512 } },
            Spec with { Data = Spec.Data with { InputLength = 64 } },
            Spec with { Data = Spec.Data with { Order = DataOrder.Documents } },
            Spec with { Objective = Spec.Objective with { NoiseDensity = 0.2 } },
            Spec with { Optimizer = Spec.Optimizer with { Rules = AdafactorRules.Mesh } },
            Spec with { Optimizer = Spec.Optimizer with { Beta1 = 0.9 } },
            Spec with { Optimizer = Spec.Optimizer with { ClipNorm = 1 } },
            Spec with { Optimizer = Spec.Optimizer with { NoDecay = "" } },
            Spec with { Schedule = Spec.Schedule with { WarmupSteps = 3 } },
            Spec with { Schedule = Spec.Schedule with { Minimum = 1e-4 } },
            Spec with { Loss = Spec.Loss with { LabelSmoothing = 0.1 } },
            Spec with { Loss = Spec.Loss with { Normalisation = LossNormalisation.Sum } },
            Spec with { Batch = Spec.Batch with { Microbatches = 3 } },
            Spec with { Batch = Spec.Batch with { Microbatch = 3 } },
            Spec with { Workers = Spec.Workers with { Threads = 2 } },
            Spec with { Workers = Spec.Workers with { Precision = Precision.Bf16 } },
        ];

        var digests = others.Select(spec => SpecDigest.Of(spec, "corpus"))
            .Append(SpecDigest.Of(Spec, "corpus"))
            .Append(SpecDigest.Of(Spec, "another corpus"))
            .ToArray();

        Assert.Equal(digests.Length, digests.Distinct().Count());
    }

    [Fact]
    public void Fields_that_came_later_leave_the_digests_of_older_specs_as_they_were()
    {
        Assert.Equal("59219177685b0e8628fd89b1224640aff699dc670f795099df2041e0a4c832aa", SpecDigest.Of(Spec, "corpus"));
    }

    [Fact]
    public void A_preset_and_the_same_shapes_written_out_are_one_arithmetic()
    {
        var preset = ModelPresets.Find("t5-v1_1-base")!;

        Assert.Equal(SpecDigest.Of(Spec with { Model = preset }, null), SpecDigest.Of(Spec with { Model = preset with { Preset = null } }, null));
    }

    [Fact]
    public void Without_a_manifest_the_path_stands_for_the_corpus()
    {
        Assert.NotEqual(SpecDigest.Of(Spec, null), SpecDigest.Of(Spec with { Data = Spec.Data with { Corpus = "/d" } }, null));
    }
}
