namespace Orchestrator.Core.Knowledge.Bios;

/// <summary>A biography: six sentences.</summary>
/// <param name="Person">Of whom.</param>
/// <param name="Copy">Which of their biographies, from 0.</param>
/// <param name="Text">The text.</param>
/// <param name="Order">The attributes in the order of their sentences.</param>
/// <param name="Places">Where each attribute's value begins in the text, in the order of <see cref="BioAttribute"/>.</param>
public sealed record Biography(BioPerson Person, int Copy, string Text, IReadOnlyList<BioAttribute> Order, IReadOnlyList<int> Places);
