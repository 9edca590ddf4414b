using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orchestrator.Core;
using Orchestrator.Core.Data.Salience;
using Orchestrator.Core.Knowledge.Facts;
using Xunit;

namespace Orchestrator.Tests.Core.Knowledge.Facts;

public sealed class FactWorldTests(ITestOutputHelper output)
{
    [Fact]
    public void Names_are_unique_and_no_question_is_asked_twice_in_any_world() =>
        Prop.ForAll(ArbMap.Default.ArbFor<long>(), seed =>
        {
            var entities = new FactWorld(seed, 200, 60).All.ToArray();
            var questions = entities.SelectMany(entity => entity.Facts, FactWriter.Question).ToArray();
            return entities.Length == 200 + 50 + 60 + 60
                && entities.Select(entity => entity.Name).Distinct().Count() == entities.Length
                && questions.Distinct().Count() == questions.Length;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_name_stands_inside_another_of_its_kind()
    {
        foreach (var names in new FactWorld(5, 400, 200).All.GroupBy(entity => entity.Kind, entity => entity.Name).Select(group => group.ToArray()))
        {
            Assert.DoesNotContain(names, name => names.Any(other => other != name && other.Contains(name, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Every_article_names_its_entity_and_tells_every_answer_and_half_of_each_kind_is_trained_on()
    {
        var world = new FactWorld(3, 400, 100);
        var writer = new FactWriter(3);
        foreach (var entity in world.All)
        {
            for (var telling = 0; telling < 4; telling++)
            {
                var article = writer.Article(entity, telling);
                Assert.Contains(entity.Name, article[..article.IndexOf(". ", StringComparison.Ordinal)], StringComparison.Ordinal);
                Assert.All(entity.Facts, fact => Assert.Contains(fact.Value, article, StringComparison.Ordinal));
                Assert.DoesNotContain('{', article);
                Assert.DoesNotContain("The The", article, StringComparison.Ordinal);
            }
        }

        Assert.All(FactWorld.Kinds, kind => Assert.Equal(world.Count(kind) / 2, world.All.Count(entity => entity.Kind == kind && entity.Trained)));
    }

    [Fact]
    public void A_cloze_is_a_sentence_of_articles_with_a_gap_where_the_answer_stands()
    {
        foreach (var entity in new FactWorld(3, 40, 10).All)
        {
            // It is one of an article's many sentences, in the form that opens one.
            var articles = string.Join('\n', Enumerable.Range(0, 200).Select(telling => new FactWriter(3).Article(entity, telling)));
            foreach (var fact in entity.Facts)
            {
                var cloze = FactWriter.Cloze(entity, fact);
                Assert.Contains(entity.Name, cloze, StringComparison.Ordinal);
                Assert.Equal(2, cloze.Split("<extra_id_0>").Length);
                Assert.Contains(cloze.Replace("<extra_id_0>", fact.Value, StringComparison.Ordinal), articles, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Nearly_all_answers_but_professions_are_spans_that_salient_masking_hides()
    {
        var world = new FactWorld(4, 200, 60);
        var (told, found) = (0, 0);
        foreach (var entity in world.All)
        {
            var article = new FactWriter(4).Article(entity, 0);
            var spans = SalientText.Find(article).Select(span => article[span.Start..span.End]).ToHashSet();
            var answers = entity.Facts.Where(fact => fact.Relation != "profession").ToArray();
            (told, found) = (told + answers.Length, found + answers.Count(fact => spans.Contains(fact.Value)));
        }

        output.WriteLine($"{found} of {told} answers");
        Assert.InRange((double)found / told, 0.95, 1);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_gives_others_and_the_halves_share_no_entity()
    {
        using var folder = new TemporaryFolder();
        string[] names = ["facts.jsonl", "articles.jsonl", "cloze.jsonl", "questions-train.jsonl", "questions-test.jsonl"];
        byte[][] Files(string at, long seed)
        {
            new FactDataset(new FactWorld(seed, 40, 10), 3).Write(Path.Combine(folder.Path, at), TestContext.Current.CancellationToken);
            return [.. names.Select(name => File.ReadAllBytes(Path.Combine(folder.Path, at, name)))];
        }

        var (first, again, other) = (Files("a", 1), Files("b", 1), Files("c", 2));

        Assert.Equal(first, again);
        Assert.All(first.Zip(other), pair => Assert.NotEqual(pair.First, pair.Second));
        var halves = names[3..].Select(name => File.ReadLines(Path.Combine(folder.Path, "a", name)).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("entity").GetString()).ToHashSet()).ToArray();
        Assert.Empty(halves[0].Intersect(halves[1]));
        Assert.Equal((40 * 4) + (10 * 3) + (10 * 2) + (10 * 3), names[3..].Sum(name => File.ReadLines(Path.Combine(folder.Path, "a", name)).Count()));
        Assert.Equal((40 + 10 + 10 + 10) * 3, File.ReadLines(Path.Combine(folder.Path, "a", "articles.jsonl")).Count());
    }

    [Theory]
    [InlineData(7, 10, "--people")]
    [InlineData(10, 1, "--places")]
    [InlineData(10, 1_000_000, "--places")]
    public void A_world_without_names_enough_is_refused(long people, long places, string option) =>
        Assert.StartsWith(option, Assert.Throws<BadInputException>(() => new FactWorld(1, people, places)).Message, StringComparison.Ordinal);
}
