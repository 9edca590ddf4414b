using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Core.Knowledge.Bios;
using Orchestrator.Core.Specs;

namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>Names the work of a stage: SHA-256 over the settings that its outcome depends on and the names of what it takes.</summary>
internal static class StudyDigest
{
    /// <summary>The digest, 64 lower-case hexadecimal characters.</summary>
    public static string Of(StageKind kind, StudyCell cell, IReadOnlyList<StudyStage> inputs)
    {
        var settings = cell.Settings;
        var text = new StringBuilder("orchestrator study stage 1\n").Append(StudyStage.Word(kind)).Append('\n');
        switch (kind)
        {
            case StageKind.Generate:
                text.Append(CultureInfo.InvariantCulture, $"variant={BioVariant.Parse(settings.Variant)}\nseed={cell.Seed}\n").Append(SpecWriter.Arithmetic(settings.Population));
                break;
            case StageKind.Corpus:
                text.Append(SpecWriter.Arithmetic(settings.Vocabulary));
                break;
            case StageKind.Pretrain:
                text.Append(CultureInfo.InvariantCulture, $"seed={cell.Seed}\n").Append(SpecWriter.Arithmetic(settings.Model)).Append(SpecWriter.Arithmetic(settings.Pretrain));
                if (settings.Pretrain.QaShare is not null)
                {
                    text.Append(CultureInfo.InvariantCulture, $"target_length={settings.Finetune.TargetLength}\n");
                }

                break;
            case StageKind.Finetune:
                text.Append(CultureInfo.InvariantCulture, $"seed={cell.Seed}\n").Append(SpecWriter.Arithmetic(settings.Finetune));
                break;
            case StageKind.PositionProbe or StageKind.QuestionProbe:
                text.Append(CultureInfo.InvariantCulture, $"seed={cell.Seed}\n").Append(SpecWriter.Arithmetic(settings.Probes));
                break;
        }

        foreach (var input in inputs)
        {
            text.Append(input.Digest).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
