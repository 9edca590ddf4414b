using Orchestrator.Core;
using Orchestrator.Core.Data;
using Orchestrator.Core.Specs;
using Orchestrator.Training.Data;
using Xunit;

namespace Orchestrator.Tests.Training.Data.Tasks;

public sealed class TaskMicrobatchesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("orchestrator-tasks-").FullName;

    [Fact]
    public void Rows_are_the_texts_of_the_examples_each_with_its_end_as_long_as_the_longest()
    {
        using var data = TrainingData.Open(Spec(rows: 4));
        var seen = new SortedSet<string>(StringComparer.Ordinal);
        for (var slot = 0; slot < 2; slot++)
        {
            var batch = data.Train.Make(1, [new SampleRange(0, 0, 8)], slot).Tokens;
            Assert.Equal((4, 0, 0), (batch.Rows, batch.InputLength % 8, batch.TargetLength % 8));
            for (var row = 0; row < 4; row++)
            {
                var (input, target) = (Text(data, batch.Inputs, row, batch.InputLength), Text(data, batch.Targets, row, batch.TargetLength));
                Assert.True(seen.Add(input));
                Assert.Matches(@"^copy Every checkpoint keeps \d$", input);
                Assert.Equal($"number {input[^1]}", target);
            }
        }
    }

    [Fact]
    public void The_same_samples_make_the_same_microbatch_wherever_they_are_asked_for()
    {
        using var one = TrainingData.Open(Spec(rows: 4));
        using var other = TrainingData.Open(Spec(rows: 4));

        var first = one.Train.Make(3, [new SampleRange(0, 6, 2), new SampleRange(1, 0, 2)], 0).Tokens;
        other.Train.Make(1, [new SampleRange(0, 0, 8)], 1);
        var again = other.Train.Make(3, [new SampleRange(0, 6, 2), new SampleRange(1, 0, 2)], 0).Tokens;

        Assert.Equal(first.Inputs, again.Inputs);
        Assert.Equal(first.Targets, again.Targets);
        Assert.Equal(one.Fingerprint, other.Fingerprint);
    }

    [Fact]
    public void What_the_coordinator_counts_is_what_the_worker_has()
    {
        var spec = Spec(rows: 2);
        using var data = TrainingData.Open(spec);
        var input = RunInput.Require(spec);

        Assert.Equal(data.Train.SampleCount, input.SamplesPerEpoch);
        Assert.Equal(data.Fingerprint, input.Fingerprint);
        Assert.Equal(data.Tokenizer.VocabularySize, input.Vocabulary);
        Assert.Equal(SpecDigest.Of(spec, data.Fingerprint), input.SpecDigest);
    }

    [Theory]
    [InlineData(8, 16, "the input has [0-9]+ tokens with its end and data.input_length is 8; raise it, or give task copy truncate: true")]
    [InlineData(32, 3, "the target has [0-9]+ tokens with its end and data.target_length is 3; raise it, or give task copy truncate: true")]
    public void An_example_that_is_too_long_is_named_with_its_file_and_line(int inputLength, int targetLength, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => TrainingData.Open(Spec(2, inputLength, targetLength)));

        Assert.Matches($@"^{_folder}/copy\.tsv:\d+: {expected}\.$", error.Message);
    }

    [Fact]
    public void A_task_that_allows_it_is_cut_and_the_cuts_are_counted()
    {
        using var data = TrainingData.Open(Spec(rows: 2, inputLength: 8, targetLength: 16, truncate: true));
        var batch = data.Train.Make(1, [new SampleRange(0, 0, 2)], 0).Tokens;

        Assert.Equal("Of task copy's 10 examples 10 inputs are cut to 8 tokens and 0 targets to 16.", Assert.Single(data.Notes));
        Assert.Equal(8, batch.InputLength);
        Assert.Equal(Tokenizer.Eos, batch.Inputs[7]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Text(TrainingData data, long[] tokens, int row, int length)
    {
        var text = tokens.AsSpan(row * length, length).ToArray().TakeWhile(token => token != 0).Select(token => (int)token).ToArray();
        Assert.Equal(Tokenizer.Eos, text[^1]);
        return data.Tokenizer.Decode(text);
    }

    private RunSpec Spec(int rows, int inputLength = 32, int targetLength = 16, bool truncate = false)
    {
        var (vocabulary, file) = (Path.Combine(_folder, "spiece.model"), Path.Combine(_folder, "copy.tsv"));
        File.WriteAllBytes(vocabulary, SmallText.Vocabulary);
        File.WriteAllText(file, "number\ttext\n" + string.Concat(Enumerable.Range(0, 10).Select(i => $"{i}\tEvery checkpoint keeps {i}\n")));
        return new RunSpec
        {
            Batch = new BatchSpec { Microbatch = rows },
            Data = new DataSpec
            {
                Vocabulary = vocabulary,
                InputLength = inputLength,
                TargetLength = targetLength,
                Tasks = [new TaskSpec { Name = "copy", Train = [file], HeldOut = 0.2, Prefix = "copy ", Input = "{text}", Target = "number {number}", Truncate = truncate }],
            },
        };
    }
}
