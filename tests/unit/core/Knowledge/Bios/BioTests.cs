using FsCheck;
using FsCheck.Fluent;
using Orchestrator.Core;
using Orchestrator.Core.Knowledge.Bios;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Bios;

public sealed class BioTests
{
    [Fact]
    public void The_lists_have_the_sizes_of_the_paper()
    {
        var lists = BioLists.Standard;

        Assert.Equal((400, 400, 1000), (Different(lists.FirstNames), Different(lists.MiddleNames), Different(lists.LastNames)));
        Assert.Equal((200, 300, 100, 263), (Different(lists.Cities), Different(lists.Universities), Different(lists.Majors), Different([.. lists.Companies.Select(c => c.Name)])));
        var largest = lists.Companies.GroupBy(company => company.City).Max(group => group.Count());
        Assert.Equal(0.137, largest / 263.0, 3);
        int[] templates = [46, 49, 49, 52, 47, 48];
        Assert.Equal(templates, BioAttributes.All.Select(attribute => Different(BiographyWriter.Templates(attribute))));
    }

    [Fact]
    public void A_template_has_one_person_and_one_value_and_says_no_verb_that_they_could_not_say()
    {
        foreach (var template in BioAttributes.All.SelectMany(BiographyWriter.Templates))
        {
            Assert.Equal(2, template.Split("{name").Length);
            Assert.Equal(2, template.Split("{value}").Length);
            Assert.DoesNotMatch(@"^\{name\} (was|has|is)\b", template);
            Assert.EndsWith(".", template);
        }
    }

    [Fact]
    public void Names_are_unique_and_attributes_uniform_and_independent()
    {
        const int Count = 40_000;
        var people = new BioPopulation(7, Count, 0, BioLists.Standard).All.ToArray();

        Assert.Equal(Count, people.Select(person => person.Name).Distinct().Count());
        Assert.Equal(Count / 2, people.Count(person => person.Trained));
        RequireUniform(people.Select(person => person[BioAttribute.BirthCity]), 200);
        RequireUniform(people.Select(person => person[BioAttribute.University]), 300);
        RequireUniform(people.Select(person => person[BioAttribute.Major]), 100);
        RequireUniform(people.Select(person => person[BioAttribute.Employer]), 263);
        RequireUniform(people.Select(person => person[BioAttribute.BirthDate].Split(' ')[0]), 12);
        RequireUniform(people.Select(person => person[BioAttribute.BirthDate].Split(' ')[1]), 28);
        RequireUniform(people.Select(person => person[BioAttribute.BirthDate].Split(' ')[2]), 200);
        RequireUniform(people.Select(person => person.Pronoun), 3);
        RequireUniform(people.Select(person => person.Name.Split(' ')[0]), 400);
        RequireUniform(people.Select(person => $"{person[BioAttribute.Major]}/{person.Pronoun}"), 300);
        RequireUniform(people.Select(person => $"{person[BioAttribute.Major]}/{person.Trained}"), 200);
        Assert.Equal(263, people.Select(person => (person[BioAttribute.Employer], person[BioAttribute.CompanyCity])).Distinct().Count());
    }

    [Fact]
    public void Every_biography_of_every_variant_tells_all_six_attributes_where_it_says()
    {
        Assert.Equal(16, BioVariant.Published.Distinct().Count());
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<PositiveInt>(), (seed, which) =>
        {
            var population = new BioPopulation(seed, 50, 10, BioLists.Standard);
            var person = population[which.Get % population.Count];
            foreach (var variant in BioVariant.Published)
            {
                var biography = new BiographyWriter(seed).Write(person, variant, person.Celebrity ? 4 : variant.Copies - 1);
                Assert.All(BioAttributes.All, attribute => Assert.StartsWith(person[attribute], biography.Text[biography.Places[(int)attribute]..]));
                Assert.Equal(BioAttributes.All, biography.Order.Order());
                Assert.StartsWith(person.Name, biography.Text);
                var names = biography.Text.Split(person.Name).Length - 1;
                Assert.Equal(variant.FullName && !person.Celebrity ? 6 : 1, names);
                Assert.DoesNotContain("{", biography.Text);
                Assert.DoesNotMatch(@"\b(He|She) (were|have)\b|\bThey (was|has)\b", biography.Text);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Copies_differ_as_their_variant_says()
    {
        var population = new BioPopulation(3, 200, 0, BioLists.Standard);
        var writer = new BiographyWriter(3);
        foreach (var person in population.All)
        {
            var single = writer.Write(person, BioVariant.Parse("single"), 0);
            Assert.Equal(Sentences(person, single), Sentences(person, writer.Write(person, BioVariant.Parse("permute5"), 3)));
            Assert.Equal(single.Text, writer.Write(person, BioVariant.Parse("multi5"), 0).Text);
            Assert.Equal(BioAttributes.All, writer.Write(person, BioVariant.Parse("multi5"), 4).Order);
        }

        int Texts(string variant) => population.All.Sum(person => Enumerable.Range(0, 5).Select(copy => writer.Write(person, BioVariant.Parse(variant), copy).Text).Distinct().Count());
        Assert.InRange(Texts("permute5"), 980, 1000);
        Assert.Equal(1000, Texts("multi5"));
    }

    [Fact]
    public void A_name_that_is_no_variant_is_refused()
    {
        foreach (var name in new[] { "", "Single", "permute", "permute0", "single+permute", "permute2+permute", "multi5+fullname+permute", "multi100" })
        {
            Assert.Throws<BadInputException>(() => BioVariant.Parse(name));
        }

        Assert.All(BioVariant.Published, variant => Assert.Equal(variant, BioVariant.Parse(variant.ToString())));
    }

    [Fact]
    public void Files_hold_every_biography_once_and_come_out_the_same_again()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();
        foreach (var folder in new[] { first, second })
        {
            new BioDataset(new BioPopulation(5, 100, 20, BioLists.Standard), BioVariant.Parse("permute2")).Write(folder.Path, null, TestContext.Current.CancellationToken);
        }

        foreach (var name in new[] { "people.jsonl", "biographies.jsonl", "questions-train.jsonl", "questions-test.jsonl" })
        {
            Assert.Equal(File.ReadAllText(Path.Combine(first.Path, name)), File.ReadAllText(Path.Combine(second.Path, name)));
        }

        var lines = File.ReadAllLines(Path.Combine(first.Path, "biographies.jsonl"));
        Assert.Equal(300, lines.Distinct().Count());
        Assert.Equal(120, File.ReadAllLines(Path.Combine(first.Path, "questions-train.jsonl")).Length);
        Assert.Equal(600, File.ReadAllLines(Path.Combine(first.Path, "questions-test.jsonl")).Length);
    }

    [Fact]
    public void More_people_than_names_are_refused()
    {
        var few = BioLists.Standard.Cut(BioSizes.Parse("first=2,middle=2,last=2,city=5"));

        Assert.Equal(8, new BioPopulation(1, 8, 0, few).All.Select(person => person.Name).Distinct().Count());
        Assert.Throws<BadInputException>(() => new BioPopulation(1, 8, 1, few));
    }

    private static int Different(IReadOnlyList<string> values) => values.Distinct().Count() == values.Count ? values.Count : -1;

    private static string[] Sentences(BioPerson person, Biography biography) =>
        [.. biography.Text.Replace(person.Name, "X").Replace("His ", "X's ").Replace("Her ", "X's ").Replace("Their ", "X's ")
            .Replace("He ", "X ").Replace("She ", "X ").Replace("They ", "X ").Replace(" were ", " was ").Replace(" have ", " has ").Split(". ").Select(s => s.TrimEnd('.')).Order()];

    // Pearson's chi-square, at five standard deviations.
    private static void RequireUniform(IEnumerable<string> values, int kinds)
    {
        var counts = values.GroupBy(value => value).Select(group => (double)group.Count()).ToArray();
        Assert.Equal(kinds, counts.Length);
        var expected = counts.Sum() / kinds;
        var statistic = counts.Sum(count => (count - expected) * (count - expected) / expected);
        var freedom = kinds - 1;
        Assert.InRange(statistic, freedom - (5 * Math.Sqrt(2.0 * freedom)), freedom + (5 * Math.Sqrt(2.0 * freedom)));
    }
}
