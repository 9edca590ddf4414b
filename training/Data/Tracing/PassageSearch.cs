using System.Buffers;
using Orchestrator.Core;

namespace Orchestrator.Training.Data.Tracing;

/// <summary>Where a passage stands in a stream.</summary>
/// <param name="Passage">Which passage.</param>
/// <param name="Document">The document that holds it.</param>
/// <param name="Tokens">The tokens that it is made of, those among them that reach beyond its ends.</param>
public readonly record struct PassagePlace(int Passage, long Document, TokenRange Tokens);

/// <summary>Finds passages of text in tokens. Thread-safe.</summary>
/// <remarks>
/// Texts are compared as the vocabulary spells them: characters in their normal form, white space (line ends too) as one space. A passage may begin and end
/// anywhere in a word, unless whole words are asked for. Characters that the vocabulary lacks are all one.
/// </remarks>
public sealed class PassageSearch
{
    private readonly string[] _pieces;
    private readonly string[] _passages;
    private readonly SearchValues<string> _any;
    private readonly bool _wholeWords;

    /// <summary>The search for passages.</summary>
    /// <param name="tokenizer">The vocabulary of the streams.</param>
    /// <param name="passages">What is looked for.</param>
    /// <param name="wholeWords">Whether passages must begin and end with whole words.</param>
    /// <exception cref="BadInputException">A passage is empty.</exception>
    public PassageSearch(Tokenizer tokenizer, IReadOnlyList<string> passages, bool wholeWords = false)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(passages);
        _pieces = [.. Enumerable.Range(0, tokenizer.VocabularySize).Select(tokenizer.Piece)];
        _passages = [.. passages.Select(passage => Spell(tokenizer.Encode(passage)))];
        _wholeWords = wholeWords;
        _any = SearchValues.Create(_passages, StringComparison.Ordinal);
    }

    /// <summary>The places of all passages in a stream, document by document.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="progress">Told the documents searched, now and then.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public IEnumerable<PassagePlace> In(TokenStream stream, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var spelled = new Spelled();
        for (var number = 0L; number < stream.DocumentCount; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var document = stream.DocumentPlace(number);
            var tokens = spelled.Room((int)document.Count);
            stream.ReadAt(document.First, tokens);
            spelled.Spell(_pieces);
            foreach (var (passage, first, end) in Find(spelled.Text))
            {
                var token = spelled.TokenAt(first);
                yield return new PassagePlace(passage, number, new TokenRange(document.First + token, spelled.TokenAt(end - 1) + 1 - token));
            }

            if (number % 4096 == 0)
            {
                progress?.Invoke(number);
            }
        }
    }

    private static bool IsWithinWord(ReadOnlySpan<char> text, int border) =>
        border > 0 && border < text.Length && char.IsLetterOrDigit(text[border - 1]) && char.IsLetterOrDigit(text[border]);

    private List<(int Passage, int First, int End)> Find(ReadOnlySpan<char> text)
    {
        var found = new List<(int, int, int)>();
        var from = 0;
        while (text[from..].IndexOfAny(_any) is >= 0 and var next)
        {
            from += next;
            for (var passage = 0; passage < _passages.Length; passage++)
            {
                var end = from + _passages[passage].Length;
                if (text[from..].StartsWith(_passages[passage], StringComparison.Ordinal) && !(_wholeWords && (IsWithinWord(text, from) || IsWithinWord(text, end))))
                {
                    found.Add((passage, from, end));
                }
            }

            from++;
        }

        return found;
    }

    private string Spell(int[] tokens)
    {
        // The mark before the first word is put there by the tokenizer.
        var text = string.Concat(tokens.Select(token => _pieces[token])).TrimStart('▁');
        return text.Length > 0 ? text : throw new BadInputException("The passage to look for is empty; name some words of it.");
    }

    /// <summary>A document as text, with the token that each character comes from.</summary>
    private sealed class Spelled
    {
        private int[] _tokens = [];
        private int[] _starts = [];
        private char[] _text = [];
        private int _count;
        private int _length;

        public ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

        /// <summary>Where a document's tokens are to be put.</summary>
        public Span<int> Room(int count)
        {
            if (_tokens.Length < count)
            {
                (_tokens, _starts) = (new int[count], new int[count]);
            }

            _count = count;
            return _tokens.AsSpan(0, count);
        }

        public void Spell(string[] pieces)
        {
            // Hot: every token of a corpus passes here.
            _length = 0;
            for (var i = 0; i < _count; i++)
            {
                var piece = pieces[_tokens[i]];
                if (_text.Length - _length < piece.Length)
                {
                    Array.Resize(ref _text, Math.Max(1 << 14, 2 * (_text.Length + piece.Length)));
                }

                _starts[i] = _length;
                piece.CopyTo(_text.AsSpan(_length));
                _length += piece.Length;
            }
        }

        /// <summary>The token that a character comes from.</summary>
        public int TokenAt(int character)
        {
            var place = Array.BinarySearch(_starts, 0, _count, character);
            return place < 0 ? ~place - 1 : place;
        }
    }
}
