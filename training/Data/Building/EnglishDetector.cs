using System.Buffers;
using System.Text;

namespace Orchestrator.Training.Data.Building;

/// <summary>Tells English text from other text by CLD2 (Sites 2013). Thread-safe.</summary>
/// <param name="share">Share of the text that must be English, in [0, 1].</param>
internal sealed unsafe class EnglishDetector(double share)
{
    /// <summary>Whether a text is English: the language of the most of it, reliably, and of at least the share asked for.</summary>
    public bool IsEnglish(string text)
    {
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var length = Encoding.UTF8.GetBytes(text, utf8);
            fixed (byte* bytes = utf8)
            {
                TextLibrary.Check(TextLibrary.orchestrator_text_is_english(bytes, length, out var isEnglish, out var percent));
                return isEnglish != 0 && percent >= share * 100;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }
}
