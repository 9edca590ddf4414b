using static TorchSharp.torch;

namespace Orchestrator.Training.Model;

/// <summary>What the queries of an attention see, beside what causality hides.</summary>
/// <param name="Bias">Bias by distance, [H, Q + K - 1], or null.</param>
/// <param name="KeyMask">Bytes [B, K]: 1 for a key that is seen, 0 for one that is not; or null.</param>
/// <param name="QuerySegments">[B, Q]: a query sees the keys of its own segment alone; or null, and then so are the keys'.</param>
/// <param name="KeySegments">[B, K].</param>
internal readonly record struct AttentionView(Tensor? Bias, Tensor? KeyMask, Tensor? QuerySegments = null, Tensor? KeySegments = null);
