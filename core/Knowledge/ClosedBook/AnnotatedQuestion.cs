using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orchestrator.Core.Knowledge.ClosedBook;

/// <summary>A row of Natural Questions with its annotations: each annotator's short answers, <c>yes</c> or <c>no</c> are one target, <c>answer: A answer: B</c>.</summary>
/// <remarks>
/// google-research, t5_cbqa/preprocessors.py, natural_questions_nocontext; the texts of short answers as tensorflow/datasets, natural_questions.py, cuts them from
/// the page: bytes of <c>document_html</c>, entities resolved, tags taken out. Where the page is <c>document_text</c> (the simplified files), tokens between spaces, tags left out.
/// An annotator who found no answer leaves no target. There the target of a question with several annotators joins all their answers; here it is the first one's, which
/// is the same in the training split, whose questions have one annotator.
/// </remarks>
internal static partial class AnnotatedQuestion
{
    /// <summary>Reads a row; null where no annotator found an answer.</summary>
    /// <exception cref="FormatException">A field is missing or of another kind; the message is a clause that names it.</exception>
    public static ClosedBookQuestion? Read(JsonElement row)
    {
        var (name, question) = ClosedBookQuestion.Field(row, "question_text");
        var asked = ClosedBookQuestion.Text(question, name);
        var page = new Page(row);
        string[] targets = [.. Items(row, "annotations").Select(annotation => Target(annotation, page)).Where(target => target.Length > 0)];
        return targets.Length > 0 ? new ClosedBookQuestion(asked, targets) : null;
    }

    private static string Target(JsonElement annotation, Page page)
    {
        var (_, verdict) = ClosedBookQuestion.Field(annotation, "yes_no_answer");
        string[] yesOrNo = ClosedBookQuestion.Text(verdict, "yes_no_answer") switch
        {
            "YES" => ["yes"],
            "NO" => ["no"],
            "NONE" => [],
            var other => throw new FormatException($"must have YES, NO or NONE in the field \"yes_no_answer\", had \"{other}\""),
        };
        var answers = yesOrNo.Concat(Items(annotation, "short_answers").Select(page.Cut)).Where(answer => !string.IsNullOrWhiteSpace(answer));
        return string.Join(' ', answers.Select(answer => "answer: " + answer));
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement element, string name)
    {
        var (_, value) = ClosedBookQuestion.Field(element, name);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
            ? value.EnumerateArray()
            : throw new FormatException($"must have a list of objects in the field \"{name}\"");
    }

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    // The text that answers are cut from, made ready when the first one is.
    private sealed class Page(JsonElement row)
    {
        private byte[]? _html;
        private string[]? _tokens;

        public string Cut(JsonElement span)
        {
            if (row.TryGetProperty("document_html", out var html))
            {
                _html ??= Encoding.UTF8.GetBytes(ClosedBookQuestion.Text(html, "document_html"));
                var (start, end) = Places(span, "start_byte", "end_byte", _html.Length);
                return Tag().Replace(WebUtility.HtmlDecode(Encoding.UTF8.GetString(_html, start, end - start).Replace('\u00A0', ' ')), "");
            }

            var (_, text) = ClosedBookQuestion.Field(row, "document_text", "document_html");
            _tokens ??= ClosedBookQuestion.Text(text, "document_text").Split(' ');
            var (first, limit) = Places(span, "start_token", "end_token", _tokens.Length);
            return string.Join(' ', _tokens[first..limit].Where(token => !Tag().IsMatch(token)));
        }

        private static (int Start, int End) Places(JsonElement span, string start, string end, int most)
        {
            var (first, limit) = (Place(span, start), Place(span, end));
            return first >= 0 && first <= limit && limit <= most
                ? (first, limit)
                : throw new FormatException($"has a short answer from \"{start}\" {first} to \"{end}\" {limit}, outside its page of {most}");
        }

        private static int Place(JsonElement span, string name) =>
            ClosedBookQuestion.Field(span, name).Value is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var place)
                ? place
                : throw new FormatException($"must have a whole number in the field \"{name}\" of a short answer");
    }
}
