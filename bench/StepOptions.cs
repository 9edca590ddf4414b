using Orchestrator.Core.Specs;

namespace Orchestrator.Bench;

/// <summary>What a step benchmark measures; the peer takes the same options.</summary>
internal sealed class StepOptions
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal)
    {
        ["threads"] = 1,
        ["steps"] = 10,
        ["warmup"] = 3,
        ["batch"] = 8,
        ["inputs"] = 256,
        ["targets"] = 64,
        ["d-model"] = 256,
        ["d-ff"] = 1024,
        ["d-kv"] = 64,
        ["heads"] = 4,
        ["layers"] = 4,
        ["vocabulary"] = 8192,
    };

    /// <summary>What a decoder is measured with: the knowledge study's pilots.</summary>
    private static readonly IReadOnlyDictionary<string, int> s_decoder = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["inputs"] = 0,
        ["targets"] = 128,
        ["d-model"] = 128,
        ["d-ff"] = 512,
        ["vocabulary"] = 896,
    };

    /// <summary>Reads <c>--name value</c> pairs and the flags <c>--gpt</c>, <c>--bf16</c> and <c>--no-peer</c>.</summary>
    /// <exception cref="FormatException">An argument is none of these.</exception>
    public StepOptions(IReadOnlyList<string> arguments)
    {
        IsDecoder = arguments.Contains("--gpt");
        foreach (var (name, value) in IsDecoder ? s_decoder : new Dictionary<string, int>())
        {
            _numbers[name] = value;
        }

        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is "--bf16" or "--no-peer" or "--gpt")
            {
                continue;
            }

            var name = arguments[i].TrimStart('-');
            if (!_numbers.ContainsKey(name) || ++i == arguments.Count || !int.TryParse(arguments[i], out var value))
            {
                throw new FormatException($"--{name} is not an option with a number; the options are --gpt, --bf16, --no-peer and: {string.Join(", ", _numbers.Keys.Select(key => "--" + key))}.");
            }

            _numbers[name] = value;
        }

        Bf16 = arguments.Contains("--bf16");
        WithPeer = !arguments.Contains("--no-peer");
    }

    /// <summary>Whether a rotary decoder with AdamW is measured, and not a T5 with Adafactor.</summary>
    public bool IsDecoder { get; }

    /// <summary>Whether products are computed in bfloat16.</summary>
    public bool Bf16 { get; }

    /// <summary>Whether the peer runs too.</summary>
    public bool WithPeer { get; }

    /// <summary>The model.</summary>
    public ResolvedModel Shape => IsDecoder ? Decoder : new(
        this["vocabulary"], this["d-model"], this["d-ff"], this["d-kv"], this["heads"], this["layers"], this["layers"], FeedForwardKind.GatedGelu,
        TiedEmbeddings: false, RelativeBuckets: 32, RelativeDistance: 128, Dropout: 0.0);

    private ResolvedModel Decoder => ResolvedModel.From(
        ModelPresets.OfFamily(ModelFamily.Gpt) with
        {
            Vocabulary = this["vocabulary"],
            DModel = this["d-model"],
            DFf = this["d-ff"],
            Heads = this["heads"],
            DecoderLayers = this["layers"],
            Dropout = 0.0,
        },
        corpusVocabulary: 1);

    /// <summary>The same options for the peer.</summary>
    public IEnumerable<string> ForPeer => _numbers.SelectMany(option => new[] { "--" + option.Key, $"{option.Value}" }).Concat(Bf16 ? ["--bf16"] : []).Concat(IsDecoder ? ["--gpt"] : []);

    /// <summary>A number.</summary>
    public int this[string name] => _numbers[name];
}
