using System.Buffers.Binary;
using System.Text;
using System.Text.RegularExpressions;

namespace Orchestrator.Core.Data;

/// <summary>A SentencePiece vocabulary that is written down rather than learned: whole words and phrases are pieces, and characters what is left over is spelled with.</summary>
/// <remarks>
/// The file is a unigram model (Kudo 2018) with T5's conventions and no normalisation. Every word and phrase has one score and every character a much
/// lower one, so that the segmentation it finds is the one of fewest words and phrases. The message is that of sentencepiece_model.proto.
/// </remarks>
public static partial class WordVocabulary
{
    private const char Space = '\u2581';
    private const float WordScore = -1, CharacterScore = -20;
    private const int Normal = 1, UnknownType = 2, Control = 3, Unigram = 1;

    private static readonly string[] s_special = ["<pad>", "</s>", "<unk>"];

    /// <summary>Makes the model's file; the same words and phrases give the same bytes, in whatever order they come.</summary>
    /// <param name="phrases">Pieces that may have spaces inside, such as <c>Salt Lake City, UT</c>.</param>
    /// <param name="texts">Texts whose words are pieces. Marks at a word's end and <c>'s</c> are pieces of their own.</param>
    public static byte[] Build(IEnumerable<string> phrases, IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(phrases);
        ArgumentNullException.ThrowIfNull(texts);
        var words = new SortedSet<string>(phrases.Select(Marked), StringComparer.Ordinal);
        foreach (var part in texts.SelectMany(text => text.Split(' ')).Distinct(StringComparer.Ordinal))
        {
            var (word, ending) = Parts(part);
            AddIfAny(words, word.Length > 0 ? Marked(word) : "");
            AddIfAny(words, ending.StartsWith("'s", StringComparison.Ordinal) ? "'s" : "");
            words.UnionWith(ending.Where(mark => mark is not ('\'' or 's')).Select(mark => mark.ToString()));
        }

        var characters = new SortedSet<string>(words.SelectMany(word => word.EnumerateRunes()).Select(rune => rune.ToString()), StringComparer.Ordinal) { Space.ToString() };
        characters.UnionWith(Enumerable.Range('!', '~' - '!' + 1).Select(c => ((char)c).ToString()));
        characters.ExceptWith(words);
        var model = new MemoryStream();
        foreach (var (number, piece) in s_special.Index())
        {
            Message(model, 1, Piece(piece, 0, number == 2 ? UnknownType : Control));
        }

        foreach (var (piece, score) in words.Select(word => (word, WordScore)).Concat(characters.Select(character => (character, CharacterScore))))
        {
            Message(model, 1, Piece(piece, score, Normal));
        }

        Message(model, 2, Trainer(s_special.Length + words.Count + characters.Count));
        Message(model, 3, Normalizer());
        return model.ToArray();
    }

    private static string Marked(string text) => Space + text.Replace(' ', Space);

    private static (string Word, string Ending) Parts(string part)
    {
        var ending = Ending().Match(part);
        return (part[..ending.Index], ending.Value);
    }

    private static void AddIfAny(SortedSet<string> pieces, string piece)
    {
        if (piece.Length > 0)
        {
            pieces.Add(piece);
        }
    }

    private static MemoryStream Piece(string piece, float score, int type)
    {
        var message = new MemoryStream();
        Text(message, 1, piece);
        Varint(message, (2 << 3) | 5);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, score);
        message.Write(bytes);
        Number(message, 3, type);
        return message;
    }

    private static MemoryStream Trainer(int pieces)
    {
        var message = new MemoryStream();
        Number(message, 3, Unigram);
        Number(message, 4, pieces);
        Number(message, 40, 2);
        Number(message, 41, -1);
        Number(message, 42, 1);
        Number(message, 43, 0);
        Text(message, 45, "<unk>");
        Text(message, 46, "<s>");
        Text(message, 47, "</s>");
        Text(message, 48, "<pad>");
        return message;
    }

    private static MemoryStream Normalizer()
    {
        var message = new MemoryStream();
        Text(message, 1, "identity");
        Number(message, 3, 1);
        Number(message, 4, 1);
        Number(message, 5, 1);
        return message;
    }

    private static void Message(MemoryStream into, int field, MemoryStream message)
    {
        Varint(into, ((ulong)field << 3) | 2);
        Varint(into, (ulong)message.Length);
        message.WriteTo(into);
    }

    private static void Text(MemoryStream into, int field, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Varint(into, ((ulong)field << 3) | 2);
        Varint(into, (ulong)bytes.Length);
        into.Write(bytes);
    }

    private static void Number(MemoryStream into, int field, long value)
    {
        Varint(into, (ulong)field << 3);
        Varint(into, unchecked((ulong)value));
    }

    private static void Varint(MemoryStream into, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            into.WriteByte((byte)(value | 0x80));
        }

        into.WriteByte((byte)value);
    }

    [GeneratedRegex("('s)?[.,;:?!]*$")]
    private static partial Regex Ending();
}
