using System.Text.Json.Serialization;

namespace Orchestrator.Core.Knowledge.ClosedBook.Judging;

/// <summary>What a person finds of an answer that a metric calls wrong (Roberts et al. 2020, section 4).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
public enum Verdict
{
    /// <summary>The answer is wrong.</summary>
    [JsonStringEnumMemberName("true_negative")]
    TrueNegative,

    /// <summary>The answer is a right one in other words.</summary>
    [JsonStringEnumMemberName("phrasing")]
    Phrasing,

    /// <summary>The answer is right, and the annotation lacks it.</summary>
    [JsonStringEnumMemberName("incomplete_annotation")]
    IncompleteAnnotation,

    /// <summary>The question has no answer that stays right: it depends on when or where it is asked, or is unclear.</summary>
    [JsonStringEnumMemberName("unanswerable")]
    Unanswerable,
}
