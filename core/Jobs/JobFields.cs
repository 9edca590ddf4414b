namespace Orchestrator.Core.Jobs;

/// <summary>What requests ask of their fields.</summary>
internal static class JobFields
{
    /// <summary>Refuses a field that is empty.</summary>
    /// <exception cref="BadInputException">It is.</exception>
    public static void Require(string value, string field, string fix)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new BadInputException($"{field}: nothing was named; {fix}");
        }
    }

    /// <summary>Refuses a field that breaks its rule.</summary>
    /// <param name="condition">Whether it keeps it.</param>
    /// <param name="sentence">Names the field, and says what to do.</param>
    /// <exception cref="BadInputException">It does not.</exception>
    public static void Require(bool condition, string sentence)
    {
        if (!condition)
        {
            throw new BadInputException(sentence);
        }
    }
}
