using System.Text.Json;
using Orchestrator.Core.Data;

namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>A population, its biographies and questions, as files.</summary>
/// <remarks>
/// population.json (how many names and values were drawn from), spiece.model (see <see cref="BioVocabulary"/>), people.jsonl, biographies.jsonl (each with <c>text</c>, so that a corpus is built from it; in random order), questions-train.jsonl and
/// questions-test.jsonl (<c>input</c>, <c>target</c>). The same options give the same bytes.
/// </remarks>
/// <param name="population">The people.</param>
/// <param name="variant">How they are told of.</param>
/// <param name="templates">Sentences an attribute that are drawn from, the first ones; null: all.</param>
public sealed class BioDataset(BioPopulation population, BioVariant variant, int? templates = null)
{
    /// <summary>Biographies in all.</summary>
    public long Biographies => (population.People * variant.Copies) + (population.Celebrities * BioVariant.Celebrity.Copies);

    /// <summary>Writes the files. An interrupted call leaves none under its final name.</summary>
    /// <param name="folder">Where; made if it is not there.</param>
    /// <param name="progress">Gets the number of biographies written.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public void Write(string folder, Action<long>? progress, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var writer = new BiographyWriter(population.Seed, templates);
        JsonLines.WriteWhole(folder, BioFiles.Vocabulary, BioVocabulary.Build(population.Lists, writer));
        JsonLines.WriteWhole(folder, BioFiles.Population, BioFacts.Of(population, variant).ToBytes());
        JsonLines.Write(folder, BioFiles.People, population.All, Person, cancellationToken);
        JsonLines.Write(folder, BioFiles.TrainQuestions, Questions(trained: true), Question, cancellationToken);
        JsonLines.Write(folder, BioFiles.TestQuestions, Questions(trained: false), Question, cancellationToken);
        var order = new SampleOrder(population.Seed, Biographies);
        long done = 0;
        JsonLines.Write(folder, BioFiles.Biographies, Positions(), index =>
        {
            progress?.Invoke(++done);
            return w => Text(w, At(writer, order.At(0, index)));
        }, cancellationToken);
    }

    /// <summary>Writes biographies alone, in the order in which they come.</summary>
    /// <param name="folder">Where; it is there.</param>
    /// <param name="biographies">The biographies.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public static void WriteBiographies(string folder, IEnumerable<Biography> biographies, CancellationToken cancellationToken) =>
        JsonLines.Write(folder, BioFiles.Biographies, biographies, biography => json => Text(json, biography), cancellationToken);

    private IEnumerable<long> Positions()
    {
        for (long i = 0; i < Biographies; i++)
        {
            yield return i;
        }
    }

    private IEnumerable<BioQuestion> Questions(bool trained) => population.All.Where(person => person.Trained == trained).SelectMany(BioQuestion.About);

    private Biography At(BiographyWriter writer, long index)
    {
        var ordinary = population.People * variant.Copies;
        var copies = index < ordinary ? variant.Copies : BioVariant.Celebrity.Copies;
        var (person, copy) = Math.DivRem(index < ordinary ? index : index - ordinary, copies);
        return writer.Write(population[index < ordinary ? person : population.People + person], variant, (int)copy);
    }

    private static Action<Utf8JsonWriter> Person(BioPerson person) => json =>
    {
        json.WriteNumber("person", person.Index);
        json.WriteString("name", person.Name);
        json.WriteString("pronoun", person.Pronoun);
        foreach (var attribute in BioAttributes.All)
        {
            json.WriteString(attribute.Name(), person[attribute]);
        }

        json.WriteBoolean("celebrity", person.Celebrity);
        json.WriteBoolean("trained", person.Trained);
    };

    private static Action<Utf8JsonWriter> Question(BioQuestion question) => json =>
    {
        json.WriteString("input", question.Text);
        json.WriteString("target", question.Answer);
        json.WriteNumber("person", question.Person.Index);
        json.WriteString("attribute", question.Attribute.Name());
    };

    private static void Text(Utf8JsonWriter json, Biography biography)
    {
        json.WriteString("text", biography.Text);
        json.WriteNumber("person", biography.Person.Index);
        json.WriteNumber("copy", biography.Copy);
        json.WriteStartObject("places");
        foreach (var attribute in biography.Order)
        {
            json.WriteNumber(attribute.Name(), biography.Places[(int)attribute]);
        }

        json.WriteEndObject();
    }
}
