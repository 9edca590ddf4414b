using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestrator.Core.Knowledge;

/// <summary>Writes files of JSON objects, one a line.</summary>
internal static class JsonLines
{
    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a file. An interrupted call leaves none under its final name.</summary>
    /// <param name="folder">Where; it is there.</param>
    /// <param name="name">The file.</param>
    /// <param name="items">What its lines tell of.</param>
    /// <param name="fields">Writes the fields of one.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public static void Write<T>(string folder, string name, IEnumerable<T> items, Func<T, Action<Utf8JsonWriter>> fields, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, name);
        using (var stream = File.Create(path + ".part", 1 << 16))
        using (var json = new Utf8JsonWriter(stream, s_json))
        {
            foreach (var item in items)
            {
                cancellationToken.ThrowIfCancellationRequested();
                json.WriteStartObject();
                fields(item)(json);
                json.WriteEndObject();
                json.Flush();
                stream.WriteByte((byte)'\n');
                json.Reset();
            }
        }

        File.Move(path + ".part", path, overwrite: true);
    }

    /// <summary>Writes a file under its name only once it is whole.</summary>
    public static void WriteWhole(string folder, string name, byte[] content)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path + ".part", content);
        File.Move(path + ".part", path, overwrite: true);
    }
}
