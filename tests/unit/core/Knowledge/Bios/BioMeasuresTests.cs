using Orchestrator.Core.Knowledge.Bios;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Bios;

public sealed class BioMeasuresTests
{
    private static readonly BioFacts s_published = new(
        100_000, 0, 1, "single", 400L * 400 * 1000, 2,
        new Dictionary<string, long> { ["birth_date"] = 12 * 28 * 200, ["birth_city"] = 200, ["university"] = 300, ["major"] = 100, ["employer"] = 263 });

    [Fact]
    public void What_knows_everything_stores_the_names_that_are_and_the_bits_of_each_persons_values()
    {
        // Names known as well as can be: any of N is as likely (the paper's log2 S0 is 47.6).
        var capacity = BioCapacity.Of(s_published, Math.Log(100_000), 0, withPronoun: true, parameters: 1_000_000);

        Assert.Equal(100_000 * (Math.Log2(1600) + 47.591), capacity.Bits, 100.0);
        Assert.Equal(capacity.Bits / 1e6, capacity.BitsPerParameter, 1e-9);
    }

    [Fact]
    public void What_knows_nothing_stores_nothing()
    {
        var values = s_published.Values.Values.Sum(count => Math.Log(count));

        Assert.Equal(0, BioCapacity.Of(s_published, Math.Log(1.6e8), values + Math.Log(2), withPronoun: true, 10).Bits, 0.01);
        Assert.Equal(0, BioCapacity.Of(s_published, Math.Log(1.6e8), values, withPronoun: false, 10).Bits, 0.01);
    }

    [Fact]
    public void Guessing_gives_the_value_most_frequent_among_those_trained_on()
    {
        BioPerson Person(bool trained, params string[] values) => new(0, "A B C", "She", values, Celebrity: false, trained);
        BioPerson[] people =
        [
            Person(true, "1", "x", "u", "m", "e", "c"), Person(true, "2", "x", "v", "m", "e", "c"), Person(true, "3", "y", "v", "n", "f", "d"),
            Person(false, "4", "x", "u", "m", "g", "c"), Person(false, "5", "y", "v", "o", "g", "c"),
        ];

        var majority = BioMajority.Of(people);

        Assert.Equal(new BioMajority(0, 50, 50, 50, 0, 100), majority);
        Assert.Equal(50, majority.MeanOfFive);
    }

    [Fact]
    public void The_mean_of_five_leaves_out_the_birth_date()
    {
        var accuracies = BioAttributes.All.ToDictionary(attribute => attribute.Name(), attribute => attribute == BioAttribute.BirthDate ? 100.0 : 10.0);

        var extraction = BioExtraction.Of(accuracies, accuracies);

        Assert.Equal((10.0, 25.0, 10.0), (extraction.HeldOutMeanOfFive, extraction.HeldOutMean, extraction.TrainedMeanOfFive));
    }
}
