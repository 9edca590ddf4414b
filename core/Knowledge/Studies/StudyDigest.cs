using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>Names the work of a stage: SHA-256 over the settings that its outcome depends on and the names of what it takes.</summary>
internal static class StudyDigest
{
    /// <summary>The digest, 64 lower-case hexadecimal characters.</summary>
    /// <param name="kind">What the stage does.</param>
    /// <param name="settings">The settings, a line each.</param>
    /// <param name="inputs">The stages that it takes from.</param>
    public static string Of(StageKind kind, string settings, IReadOnlyList<StudyStage> inputs)
    {
        var text = new StringBuilder("orchestrator study stage 1\n").Append(StudyStage.Word(kind)).Append('\n').Append(settings);
        foreach (var input in inputs)
        {
            text.Append(input.Digest).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
