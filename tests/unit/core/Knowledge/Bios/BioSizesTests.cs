using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Bios;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Bios;

public sealed class BioSizesTests
{
    [Fact]
    public void The_first_values_of_each_list_are_kept_and_companies_spread_over_their_cities()
    {
        var lists = BioLists.Standard.Cut(BioSizes.Parse("first=100, middle=90,last=200,city=50,university=40,major=25,company=50,company_city=25"));

        Assert.Equal((100, 90, 200, 50, 40, 25, 50), (
            lists.FirstNames.Count, lists.MiddleNames.Count, lists.LastNames.Count, lists.Cities.Count, lists.Universities.Count, lists.Majors.Count, lists.Companies.Count));
        Assert.Equal(BioLists.Standard.Majors.Take(25), lists.Majors);
        var cities = lists.Companies.GroupBy(company => company.City).Select(group => group.Count()).ToArray();
        Assert.Equal(25, cities.Length);
        Assert.All(cities, count => Assert.InRange(count, 1, 3));
        Assert.Equal(50, lists.Companies.Distinct().Count());
    }

    [Theory]
    [InlineData("first")]
    [InlineData("first=0")]
    [InlineData("first=-1")]
    [InlineData("first=1,first=2")]
    [InlineData("street=3")]
    public void What_is_no_size_is_refused(string text) => Assert.Contains("values:", Assert.Throws<BadInputException>(() => BioSizes.Parse(text)).Message);

    [Fact]
    public void More_values_than_a_list_has_are_refused()
    {
        var error = Assert.Throws<BadInputException>(() => BioLists.Standard.Cut(BioSizes.Parse("city=201")));
        Assert.Contains("201 of city", error.Message);
    }

    [Fact]
    public void A_folder_says_how_much_there_is_to_know()
    {
        using var folder = new TemporaryFolder();
        var lists = BioLists.Standard.Cut(BioSizes.Parse("first=10,middle=10,last=20,city=5,university=6,major=7,company=8"));
        new BioDataset(new BioPopulation(5, 20, 0, lists), BioVariant.Parse("permute2"), templates: 3).Write(folder.Path, null, TestContext.Current.CancellationToken);

        var facts = BioFacts.Read(folder.Path);

        Assert.Equal((20, 2000, 3, "permute2"), (facts.People, facts.Names, facts.Pronouns, facts.Variant));
        Assert.Equal([200 * 12 * 28, 5, 6, 7, 8], new[] { "birth_date", "birth_city", "university", "major", "employer" }.Select(name => facts.Values[name]));
        Assert.Throws<BadInputException>(() => BioFacts.Read(Path.Combine(folder.Path, "elsewhere")));
    }
}
