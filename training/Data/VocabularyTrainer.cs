using System.Runtime.InteropServices;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Jobs;

namespace Orchestrator.Training.Data;

/// <summary>Trains SentencePiece vocabularies with T5's conventions. The same texts and options give the same bytes.</summary>
public static unsafe class VocabularyTrainer
{
    /// <summary>Threads of the trainer. A constant: its sums depend on how the texts are shared out.</summary>
    private const int Threads = 2;

    /// <summary>Trains on texts in memory.</summary>
    /// <param name="texts">The texts, end to end, UTF-8.</param>
    /// <param name="offsets">Text i is texts[offsets[i]..offsets[i + 1]]; SentencePiece takes each as one sentence.</param>
    /// <param name="options">Size, kind and seed.</param>
    /// <returns>The bytes of a spiece.model.</returns>
    /// <exception cref="BadInputException">The texts are too few for a vocabulary of this size.</exception>
    public static byte[] Train(ReadOnlySpan<byte> texts, ReadOnlySpan<long> offsets, VocabularyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (offsets.Length < 2)
        {
            throw new BadInputException("There is no text to train a vocabulary on; name a folder or file with text.");
        }

        var arguments = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["model_type"] = options.Kind == VocabularyKind.Bpe ? "bpe" : "unigram",
            ["vocab_size"] = $"{options.Pieces}",
            ["character_coverage"] = $"{options.CharacterCoverage}",
            ["pad_id"] = $"{Tokenizer.Pad}",
            ["eos_id"] = $"{Tokenizer.Eos}",
            ["unk_id"] = $"{Tokenizer.Unknown}",
            ["bos_id"] = "-1",
            ["num_threads"] = $"{Threads}",
            ["input_sentence_size"] = $"{options.MaxSentences}",
            ["shuffle_input_sentence"] = "true",
            ["max_sentence_length"] = "65536",
            ["minloglevel"] = "2",
        };
        var names = arguments.Keys.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
        var values = arguments.Values.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
        try
        {
            fixed (byte* text = texts)
            fixed (long* starts = offsets)
            fixed (nint* name = names, value = values)
            {
                var status = TextLibrary.orchestrator_text_train(
                    text, starts, offsets.Length - 1, (byte**)name, (byte**)value, names.Length, options.Seed, out var model, out var length);
                if (status != 0)
                {
                    throw new BadInputException(Explain(TextLibrary.LastError(), options));
                }

                try
                {
                    return new ReadOnlySpan<byte>(model, checked((int)length)).ToArray();
                }
                finally
                {
                    TextLibrary.orchestrator_text_free_bytes(model);
                }
            }
        }
        finally
        {
            Array.ForEach(names, Marshal.FreeCoTaskMem);
            Array.ForEach(values, Marshal.FreeCoTaskMem);
        }
    }

    /// <summary>Trains on lines of text.</summary>
    /// <inheritdoc cref="Train(ReadOnlySpan{byte}, ReadOnlySpan{long}, VocabularyOptions)"/>
    public static byte[] Train(IEnumerable<string> lines, VocabularyOptions options)
    {
        ArgumentNullException.ThrowIfNull(lines);
        using var bytes = new MemoryStream();
        var offsets = new List<long> { 0 };
        foreach (var line in lines)
        {
            bytes.Write(Encoding.UTF8.GetBytes(line));
            offsets.Add(bytes.Length);
        }

        // SentencePiece takes its memory beside the collector's; what the cleaning left goes back first.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        return Train(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), CollectionsMarshal.AsSpan(offsets), options);
    }

    private static string Explain(string reason, VocabularyOptions options) =>
        $"The text does not carry a vocabulary of {options.Pieces} pieces (SentencePiece: {reason.ReplaceLineEndings(" ")}); choose fewer pieces or more text.";
}
