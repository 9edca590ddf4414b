namespace Orchestrator.Core;

/// <summary>The user's input cannot be used: one plain sentence that names the field and the fix. A program that meets it prints the sentence and exits with 2.</summary>
/// <param name="message">The sentence.</param>
/// <param name="inner">The cause, where there is one.</param>
public sealed class BadInputException(string message, Exception? inner = null) : Exception(message, inner);
