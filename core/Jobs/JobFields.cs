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
}
