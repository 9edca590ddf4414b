using System.Globalization;

namespace Orchestrator.Core.Knowledge.ClosedBook;

/// <summary>How many rows a data set publishes and how they are divided. Ranges are [first, end) of the training split's rows, in its files' order.</summary>
/// <param name="Train">Rows of the training split.</param>
/// <param name="Trained">Those that are trained on.</param>
/// <param name="HeldOut">Those that are held out of it.</param>
/// <param name="Test">Rows of the split that scores are published for.</param>
public sealed record ClosedBookRows(long Train, (long First, long End) Trained, (long First, long End) HeldOut, long Test)
{
    /// <summary>A sentence where a number of rows is none of the published ones, so that the rows are a part of the data set; else null.</summary>
    /// <param name="file">What holds them.</param>
    /// <param name="rows">How many it holds.</param>
    /// <param name="title">The data set's name.</param>
    public string? Note(string file, long rows, string title)
    {
        var (trained, heldOut) = (Trained.End - Trained.First, HeldOut.End - HeldOut.First);
        return new[] { Train, trained, heldOut, Test }.Contains(rows)
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{file} holds {rows:N0} rows, a part of {title} or another version: published are {Train:N0} to train on ({trained:N0} of them trained on and {heldOut:N0} held out) and {Test:N0} to be tested on.");
    }
}
