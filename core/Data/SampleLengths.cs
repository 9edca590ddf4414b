namespace Orchestrator.Core.Data;

/// <summary>How long the samples of an objective are, in tokens.</summary>
/// <param name="Raw">Corpus tokens that go into one; 0 where samples are no stretches of a corpus.</param>
/// <param name="Inputs">Encoder tokens of a row, padding included; 0 where there is no encoder.</param>
/// <param name="Targets">Target tokens of a row, padding included.</param>
public readonly record struct SampleLengths(int Raw, int Inputs, int Targets);
