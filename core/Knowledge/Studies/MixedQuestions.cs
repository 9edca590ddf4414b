namespace Orchestrator.Core.Knowledge.Studies;

/// <summary>Questions that are trained on, as their vocabulary has them.</summary>
/// <param name="Examples">How many there are, at least 1.</param>
/// <param name="Tokens">Tokens of all of them with their answers, both ended, at least 1.</param>
public sealed record QuestionCount(long Examples, long Tokens);

/// <summary>How a run reads biographies and questions together (Allen-Zhu and Li 2023, arXiv:2309.14316, section 3: BIO+QA mixed training).</summary>
/// <remarks>
/// A step has about as many tokens as one of biographies alone. As there, each row is a window of biographies or holds questions; as not there, of a question only the
/// answer counts in the loss, as in fine-tuning.
/// </remarks>
/// <param name="CorpusRate">The rate of windows beside that of questions, which is their number.</param>
/// <param name="Microbatch">Windows and questions of a microbatch together.</param>
/// <param name="Windows">Windows of a microbatch, on average.</param>
public sealed record MixedQuestions(double CorpusRate, int Microbatch, double Windows)
{
    /// <summary>The mixture of a run.</summary>
    /// <param name="settings">The cell's settings; <see cref="PretrainSettings.QaShare"/> is given.</param>
    /// <param name="questions">The questions.</param>
    public static MixedQuestions Of(BioStudySettings settings, QuestionCount questions)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(questions);
        var share = settings.Pretrain.QaShare ?? throw new ArgumentException("The settings have no qa_share.", nameof(settings));
        var (length, window) = ((double)questions.Tokens / questions.Examples, BioStudySpecs.WindowTokens(settings));
        var rate = questions.Tokens * (1 - share) / (share * window);
        var microbatch = (int)Math.Max(1, Math.Round(settings.Pretrain.Batch.Microbatch * (1 - share + (share * window / length))));
        return new MixedQuestions(rate, microbatch, microbatch * rate / (rate + questions.Examples));
    }
}
