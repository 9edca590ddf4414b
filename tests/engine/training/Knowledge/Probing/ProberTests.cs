using Orchestrator.Core;
using Orchestrator.Core.Jobs;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Training.Data;
using Orchestrator.Training.Knowledge.Probing;
using Orchestrator.Training.Model;
using Xunit;

namespace Orchestrator.Tests.Training.Knowledge.Probing;

public sealed unsafe class ProberTests : IDisposable
{
    private readonly Tokenizer _tokenizer = Tokenizer.Load(ProbeData.Vocabulary);

    public void Dispose() => _tokenizer.Dispose();

    [Theory]
    [InlineData("gpt", BioProbeKind.Position)]
    [InlineData("gpt-learned", BioProbeKind.Question)]
    [InlineData("bert", BioProbeKind.Question)]
    [InlineData("t5", BioProbeKind.Question)]
    public void The_gradients_of_the_embeddings_update_are_the_slopes_of_the_loss(string name, BioProbeKind kind)
    {
        var asked = new BiosProbeRequest { Kind = kind, Rank = 3 };
        using var model = ProbeData.Model(ProbeData.Shape(name) with { Dropout = 0.1 }, asked);
        var texts = Texts(asked, model, trained: true).Take(6).ToArray();
        using var prober = New(model, asked, texts);
        // Far from initial values, where texts differ little and the update is 0.
        var random = new CounterRandom(9, "noise");
        for (var i = 0L; i < model.Parameters.Length; i++)
        {
            model.Parameters.Weights[i] += (float)(0.1 * random.Normal((ulong)i));
        }

        prober.ForwardBackward(texts, step: 1);
        foreach (var (slice, gradient) in model.Parameters.Trained.Select(slice => (slice, model.Parameters.GradientSpan(slice.Name).ToArray())).ToArray())
        {
            var squares = gradient.Sum(g => (double)g * g);
            Assert.True(squares > 0, $"{slice.Name} has no gradient");
            var step = 0.004 / Math.Sqrt(squares);
            var slope = (Loss(step) - Loss(-step)) / (2 * step);
            Assert.InRange(slope / squares, 0.97, 1.03);

            double Loss(double by)
            {
                var values = model.Parameters.WeightSpan(slice.Name);
                var before = values.ToArray();
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] += (float)(by * gradient[i]);
                }

                var loss = prober.ForwardBackward(texts, step: 1);
                before.CopyTo(values);
                return loss;
            }
        }
    }

    [Theory]
    [InlineData("gpt", BioProbeKind.Position)]
    [InlineData("t5", BioProbeKind.Question)]
    public void Probing_is_the_same_bit_for_bit_again_and_leaves_the_models_weights_as_they_were(string name, BioProbeKind kind)
    {
        var asked = new BiosProbeRequest { Kind = kind, Steps = 4, Batch = 16 };
        var (first, again, other) = (Weights(asked), Weights(asked), Weights(asked with { Seed = 2 }));
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);

        float[] Weights(BiosProbeRequest request)
        {
            using var model = ProbeData.Model(ProbeData.Shape(name) with { Dropout = 0.1 }, request);
            var frozen = Frozen(model);
            var texts = Texts(request, model, trained: true);
            using var prober = New(model, request, texts);
            prober.Train(texts, _ => { }, CancellationToken.None);
            Assert.Equal(frozen, Frozen(model));
            return [.. model.Parameters.Trained.SelectMany(slice => model.Parameters.WeightSpan(slice.Name).ToArray())];
        }

        static float[] Frozen(ILanguageModel model) => new ReadOnlySpan<float>(model.Parameters.Weights, (int)model.Parameters.GradientStart).ToArray();
    }

    [Theory]
    [InlineData("gpt")]
    [InlineData("t5")]
    public void After_a_name_a_probe_tells_what_goes_with_a_part_of_it_and_nothing_else(string name)
    {
        // Everyone of a first name studied the same; the rest is drawn.
        BioPerson[] people = [.. ProbeData.Population.All.Select(person => person with
        {
            Values = [.. person.Values.Select((value, attribute) => attribute == (int)BioAttribute.Major ? $"the art of {person.Name.Split(' ')[0]}" : value)],
        })];
        var asked = new BiosProbeRequest { Kind = BioProbeKind.Question, Steps = 150, Batch = 60, LearningRate = 1e-2 };
        using var model = ProbeData.Model(ProbeData.Shape(name), asked);
        var texts = people.Select(person => ProbeText.OfName(person, _tokenizer, model.Shape.Family)).ToArray();
        using var prober = new Prober(model, asked, ProbeTask.Of(people, _tokenizer), positions: 1);

        prober.Train([.. texts.Where(text => text.Person.Trained)], _ => { }, CancellationToken.None);
        var shares = Assert.Single(prober.Test([.. texts.Where(text => !text.Person.Trained)], _ => { }, CancellationToken.None));

        foreach (var (task, share) in shares.Where(task => task.Key.Whole))
        {
            Assert.InRange(share, task.Attribute == BioAttribute.Major ? 0.9 : 0, task.Attribute == BioAttribute.Major ? 1 : 0.4);
        }
    }

    [Fact]
    public void A_biography_is_read_at_the_token_before_each_value()
    {
        foreach (var biography in ProbeData.Biographies.Take(50))
        {
            var text = ProbeText.OfBiography(biography, _tokenizer);

            // As in training, a biography follows the end of another.
            int[] whole = [0, Tokenizer.Eos, .. _tokenizer.Encode(biography.Text)];
            Assert.Equal(whole[..text.Tokens.Length], text.Tokens);
            Assert.Equal(6, text.Places.Length);
            foreach (var (attribute, place) in biography.Order.Zip(text.Places))
            {
                Assert.Equal(_tokenizer.Encode(biography.Text[..biography.Places[(int)attribute]].Trim()), whole[2..(place + 1)]);
            }
        }
    }

    [Fact]
    public void A_biography_that_begins_with_a_value_is_read_at_the_start_and_a_quoted_value_before_its_word()
    {
        var person = ProbeData.Population[0];
        var order = BioAttributes.All;
        var text = string.Join(" (", person.Values);
        var places = person.Values.Select((_, i) => person.Values.Take(i).Sum(value => value.Length + 2)).ToArray();

        var read = ProbeText.OfBiography(new Biography(person, 0, text, order, places), _tokenizer);

        Assert.Equal(1, read.Places[0]);
        Assert.Equal(person.Values[0], _tokenizer.Decode(read.Tokens.AsSpan(2, read.Places[1] - 1)));
    }

    [Fact]
    public void An_encoder_is_not_probed_by_position()
    {
        var error = Assert.Throws<BadInputException>(() => BioProbe.AdaptationOf(ProbeData.Shape("bert"), new BiosProbeRequest()));
        Assert.Contains("choose question", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("rank: it was 33", Assert.Throws<BadInputException>(() => BioProbe.AdaptationOf(ProbeData.Shape("gpt"), new BiosProbeRequest { Rank = 33 })).Message, StringComparison.Ordinal);
    }

    private Prober New(ILanguageModel model, BiosProbeRequest asked, ProbeText[] texts) =>
        new(model, asked, ProbeTask.Of([.. ProbeData.Population.All], _tokenizer), texts[0].Places.Length);

    private ProbeText[] Texts(BiosProbeRequest asked, ILanguageModel model, bool trained) =>
    [
        .. (asked.Kind == BioProbeKind.Position
            ? ProbeData.Biographies.Select(biography => ProbeText.OfBiography(biography, _tokenizer))
            : ProbeData.Population.All.Select(person => ProbeText.OfName(person, _tokenizer, model.Shape.Family))).Where(text => text.Person.Trained == trained),
    ];
}
