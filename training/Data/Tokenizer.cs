using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data;

/// <summary>A SentencePiece vocabulary with T5's conventions: pad 0, EOS 1, unknown 2, no BOS, 100 sentinels above the pieces.</summary>
/// <remarks>Thread-safe. Encoding adds no EOS.</remarks>
public sealed unsafe class Tokenizer : IDisposable
{
    /// <summary>The padding token.</summary>
    public const int Pad = 0;

    /// <summary>The end-of-sequence token.</summary>
    public const int Eos = 1;

    /// <summary>The token for what no piece covers.</summary>
    public const int Unknown = 2;

    private readonly TokenizerHandle _handle;

    private Tokenizer(TokenizerHandle handle, byte[] model, int pieceCount)
    {
        _handle = handle;
        PieceCount = pieceCount;
        Model = model;
        Digest = Convert.ToHexStringLower(SHA256.HashData(model));
    }

    /// <summary>SentencePiece pieces, the control pieces among them.</summary>
    public int PieceCount { get; }

    /// <summary>Sentinel tokens above the pieces.</summary>
    public int SentinelCount => SpanLengths.SentinelCount;

    /// <summary>Pieces and sentinels: every token is below this.</summary>
    public int VocabularySize => PieceCount + SentinelCount;

    /// <summary>The model's file, as it is.</summary>
    public ReadOnlyMemory<byte> Model { get; }

    /// <summary>SHA-256 of the model's file, lower-case hexadecimal.</summary>
    public string Digest { get; }

    /// <summary>Loads a spiece.model.</summary>
    /// <exception cref="BadInputException">There is no such file, or it is no SentencePiece model with T5's conventions.</exception>
    public static Tokenizer Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path))
        {
            throw new BadInputException($"There is no vocabulary at '{path}'; name a SentencePiece model, or train one with 'orchestrator vocab train'.");
        }

        return Load(File.ReadAllBytes(path), path);
    }

    /// <summary>Loads a model from its bytes.</summary>
    /// <param name="model">The file's content.</param>
    /// <param name="name">What to call it in an error.</param>
    /// <exception cref="BadInputException">It is no SentencePiece model with T5's conventions.</exception>
    public static Tokenizer Load(byte[] model, string name = "vocabulary")
    {
        ArgumentNullException.ThrowIfNull(model);
        nint processor;
        fixed (byte* bytes = model)
        {
            if (model.Length == 0 || TextLibrary.orchestrator_text_load(bytes, model.Length, out processor) != 0)
            {
                throw new BadInputException($"The vocabulary '{name}' is not a SentencePiece model; name a spiece.model file.");
            }
        }

        var handle = new TokenizerHandle(processor);
        var ids = stackalloc int[5];
        TextLibrary.Check(TextLibrary.orchestrator_text_describe(handle, ids));
        if (ids[1] != Pad || ids[2] != Eos || ids[3] != Unknown || ids[4] != -1)
        {
            handle.Dispose();
            throw new BadInputException(
                $"The vocabulary '{name}' has pad {ids[1]}, eos {ids[2]}, unk {ids[3]} and bos {ids[4]}, and T5 needs pad 0, eos 1, unk 2 and no bos; train one with 'orchestrator vocab train'.");
        }

        return new Tokenizer(handle, model, ids[0]);
    }

    /// <summary>The k-th sentinel, k from 0: they count down from the last token of the vocabulary.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sentinel.</exception>
    public int Sentinel(int k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(k, SentinelCount);
        return VocabularySize - 1 - k;
    }

    /// <summary>Whether a token is one of the sentinels.</summary>
    public bool IsSentinel(int token) => token >= PieceCount && token < VocabularySize;

    /// <summary>The tokens of a text; no EOS.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Hot: every page of a corpus passes here; large buffers are taken from the pool.
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        var length = Encoding.UTF8.GetBytes(text, utf8);
        var ids = ArrayPool<int>.Shared.Rent(length + 8);
        try
        {
            Span<long> ends = stackalloc long[1];
            while (true)
            {
                var needed = Encode(utf8.AsSpan(0, length), [0, length], ids, ends);
                if (needed <= ids.Length)
                {
                    return ids.AsSpan(0, (int)needed).ToArray();
                }

                ArrayPool<int>.Shared.Return(ids);
                ids = ArrayPool<int>.Shared.Rent((int)needed);
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(ids);
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    /// <summary>The tokens of several texts, end to end; no EOS.</summary>
    /// <param name="utf8">The texts, end to end.</param>
    /// <param name="offsets">Text i is utf8[offsets[i]..offsets[i + 1]].</param>
    /// <param name="tokens">Where the tokens go.</param>
    /// <param name="ends">ends[i]: the end of text i's tokens.</param>
    /// <returns>How many tokens there are. Where that is more than <paramref name="tokens"/> holds, its content is of no use.</returns>
    public long Encode(ReadOnlySpan<byte> utf8, ReadOnlySpan<long> offsets, Span<int> tokens, Span<long> ends)
    {
        var count = offsets.Length - 1;
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfLessThan(ends.Length, count);
        for (var i = 0; i < count; i++)
        {
            if (offsets[i] < 0 || offsets[i] > offsets[i + 1] || offsets[i + 1] > utf8.Length)
            {
                throw new ArgumentException("Offsets must not decrease and must lie in the text.", nameof(offsets));
            }
        }

        fixed (byte* text = utf8)
        fixed (long* starts = offsets)
        fixed (int* ids = tokens)
        fixed (long* stops = ends)
        {
            var status = TextLibrary.orchestrator_text_encode(_handle, text, starts, count, ids, tokens.Length, stops, out var needed);
            if (status != TextLibrary.BufferTooSmall)
            {
                TextLibrary.Check(status);
            }

            return needed;
        }
    }

    /// <summary>The text of tokens. Sentinels read <c>&lt;extra_id_k&gt;</c>; pad and EOS read as nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token is not of this vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder();
        var start = 0;
        for (var i = 0; i <= tokens.Length; i++)
        {
            if (i < tokens.Length)
            {
                ArgumentOutOfRangeException.ThrowIfNegative(tokens[i], nameof(tokens));
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(tokens[i], VocabularySize, nameof(tokens));
            }

            if (i < tokens.Length && !IsSentinel(tokens[i]))
            {
                continue;
            }

            var words = DecodePieces(tokens[start..i]);
            if (text.Length > 0 && words.Length > 0)
            {
                text.Append(' ');
            }

            text.Append(words);
            if (i < tokens.Length)
            {
                text.Append(text.Length > 0 ? " " : "").Append($"<extra_id_{VocabularySize - 1 - tokens[i]}>");
            }

            start = i + 1;
        }

        return text.ToString();
    }

    /// <summary>The piece a token stands for, for example <c>▁the</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The token is not of this vocabulary.</exception>
    public string Piece(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, VocabularySize);
        if (IsSentinel(token))
        {
            return $"<extra_id_{VocabularySize - 1 - token}>";
        }

        Span<byte> utf8 = stackalloc byte[1024];
        fixed (byte* bytes = utf8)
        {
            TextLibrary.Check(TextLibrary.orchestrator_text_piece(_handle, token, bytes, utf8.Length, out var length));
            return Encoding.UTF8.GetString(utf8[..(int)length]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private string DecodePieces(ReadOnlySpan<int> tokens)
    {
        if (tokens.IsEmpty)
        {
            return "";
        }

        var buffer = ArrayPool<byte>.Shared.Rent((tokens.Length * 8) + 64);
        try
        {
            fixed (int* ids = tokens)
            {
                while (true)
                {
                    long length;
                    int status;
                    fixed (byte* bytes = buffer)
                    {
                        status = TextLibrary.orchestrator_text_decode(_handle, ids, tokens.Length, bytes, buffer.Length, out length);
                    }

                    if (status != TextLibrary.BufferTooSmall)
                    {
                        TextLibrary.Check(status);
                        return Encoding.UTF8.GetString(buffer, 0, (int)length);
                    }

                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent((int)length);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
