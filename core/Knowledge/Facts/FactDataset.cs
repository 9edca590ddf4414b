using System.Text.Json;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Knowledge.Facts;

/// <summary>A world of facts as files of JSON lines; the same options give the same bytes.</summary>
/// <remarks>
/// facts.jsonl (an entity a line), articles.jsonl (<c>text</c>, so that a corpus is built from it; in random order), questions-train.jsonl and
/// questions-test.jsonl (<c>input</c>, <c>target</c>), which have no entity in common, cloze.jsonl, every fact as a sentence with a gap, and spiece.model, a
/// vocabulary of all their words.
/// </remarks>
/// <param name="world">The world.</param>
/// <param name="tellings">Articles an entity.</param>
public sealed class FactDataset(FactWorld world, int tellings)
{
    /// <summary>Articles in all.</summary>
    public long Articles => Entities * tellings;

    /// <summary>Facts in all: as many as there are questions.</summary>
    public long Facts => FactWorld.Kinds.Sum(kind => world.Count(kind) * world[kind, 0].Facts.Count);

    private long Entities => FactWorld.Kinds.Sum(world.Count);

    /// <summary>Writes the files. An interrupted call leaves none under its final name.</summary>
    /// <param name="folder">Where; made if it is not there.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public void Write(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        JsonLines.Write(folder, FactFiles.Facts, world.All, Entity, cancellationToken);
        JsonLines.Write(folder, FactFiles.TrainQuestions, Questions(trained: true), Question, cancellationToken);
        JsonLines.Write(folder, FactFiles.TestQuestions, Questions(trained: false), Question, cancellationToken);
        JsonLines.Write(folder, FactFiles.Cloze, Questions(trained: true).Concat(Questions(trained: false)), Cloze, cancellationToken);
        JsonLines.Write(folder, FactFiles.Articles, InRandomOrder(), Article, cancellationToken);
        JsonLines.WriteWhole(folder, FactFiles.Vocabulary, Vocabulary());
    }

    /// <summary>A vocabulary whose pieces are the words of all articles, questions and answers.</summary>
    private byte[] Vocabulary()
    {
        var asked = Questions(trained: true).Concat(Questions(trained: false)).SelectMany(question => new[] { FactWriter.Question(question.Entity, question.Fact), question.Fact.Value });
        return WordVocabulary.Build([], InRandomOrder().Select(article => article.Text).Concat(asked));
    }

    private IEnumerable<(FactEntity Entity, Fact Fact)> Questions(bool trained) =>
        world.All.Where(entity => entity.Trained == trained).SelectMany(entity => entity.Facts, (entity, fact) => (entity, fact));

    private IEnumerable<(FactEntity Entity, string Text)> InRandomOrder()
    {
        var writer = new FactWriter(world.Seed);
        var order = new SampleOrder(world.Seed, Articles);
        for (var i = 0L; i < Articles; i++)
        {
            var (number, telling) = Math.DivRem(order.At(0, i), tellings);
            var entity = At(number);
            yield return (entity, writer.Article(entity, (int)telling));
        }
    }

    private FactEntity At(long number)
    {
        var kind = FactWorld.Kinds[0];
        while (number >= world.Count(kind))
        {
            number -= world.Count(kind);
            kind++;
        }

        return world[kind, number];
    }

    private static Action<Utf8JsonWriter> Entity(FactEntity entity) => json =>
    {
        Name(json, entity);
        json.WriteBoolean("trained", entity.Trained);
        foreach (var fact in entity.Facts)
        {
            json.WriteString(fact.Relation, fact.Value);
        }
    };

    private static Action<Utf8JsonWriter> Question((FactEntity Entity, Fact Fact) asked) => json =>
    {
        json.WriteString("input", FactWriter.Question(asked.Entity, asked.Fact));
        json.WriteString("target", asked.Fact.Value);
        Name(json, asked.Entity);
        json.WriteString("relation", asked.Fact.Relation);
    };

    private static Action<Utf8JsonWriter> Cloze((FactEntity Entity, Fact Fact) asked) => json =>
    {
        json.WriteString("input", FactWriter.Cloze(asked.Entity, asked.Fact));
        json.WriteString("target", $"<extra_id_0> {asked.Fact.Value}");
        Name(json, asked.Entity);
        json.WriteString("relation", asked.Fact.Relation);
    };

    private static Action<Utf8JsonWriter> Article((FactEntity Entity, string Text) article) => json =>
    {
        json.WriteString("text", article.Text);
        Name(json, article.Entity);
    };

    private static void Name(Utf8JsonWriter json, FactEntity entity)
    {
        json.WriteString("entity", entity.Name);
        json.WriteString("kind", entity.Kind.ToString().ToLowerInvariant());
    }
}
