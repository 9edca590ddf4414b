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

    /// <summary>Reads <c>--name value</c> pairs and the flags <c>--bf16</c> and <c>--no-peer</c>.</summary>
    /// <exception cref="FormatException">An argument is none of these.</exception>
    public StepOptions(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] is "--bf16" or "--no-peer")
            {
                continue;
            }

            var name = arguments[i].TrimStart('-');
            if (!_numbers.ContainsKey(name) || ++i == arguments.Count || !int.TryParse(arguments[i], out var value))
            {
                throw new FormatException($"--{name} is not an option with a number; the options are --bf16, --no-peer and: {string.Join(", ", _numbers.Keys.Select(key => "--" + key))}.");
            }

            _numbers[name] = value;
        }

        Bf16 = arguments.Contains("--bf16");
        WithPeer = !arguments.Contains("--no-peer");
    }

    /// <summary>Whether products are computed in bfloat16.</summary>
    public bool Bf16 { get; }

    /// <summary>Whether the peer runs too.</summary>
    public bool WithPeer { get; }

    /// <summary>The model.</summary>
    public ResolvedModel Shape => new(
        this["vocabulary"], this["d-model"], this["d-ff"], this["d-kv"], this["heads"], this["layers"], this["layers"], FeedForwardKind.GatedGelu,
        TiedEmbeddings: false, RelativeBuckets: 32, RelativeDistance: 128, Dropout: 0.0);

    /// <summary>The same options for the peer.</summary>
    public IEnumerable<string> ForPeer => _numbers.SelectMany(option => new[] { "--" + option.Key, $"{option.Value}" }).Concat(Bf16 ? ["--bf16"] : []);

    /// <summary>A number.</summary>
    public int this[string name] => _numbers[name];
}
