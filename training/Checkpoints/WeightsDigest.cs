using System.Globalization;
using System.Text;
using Orchestrator.Training.Native;

namespace Orchestrator.Training.Checkpoints;

/// <summary>Names a set of weights by 64 bits, whatever the order or the sharding: the sum of a digest of each tensor's name, shape and bytes.</summary>
public static unsafe class WeightsDigest
{
    /// <summary>The digest of one tensor; a set's is the wrapping sum of its tensors'.</summary>
    public static ulong Of(in TensorView tensor)
    {
        var label = string.Create(CultureInfo.InvariantCulture, $"{tensor.Name}\n{tensor.Type}\n{string.Join(',', tensor.Shape)}");
        return Kernels.Digest((void*)tensor.Address, tensor.Bytes, Kernels.Digest(Encoding.UTF8.GetBytes(label)));
    }

    /// <summary>The digest of a set of tensors.</summary>
    public static ulong Of(IEnumerable<TensorView> tensors) => tensors.Aggregate(0UL, (sum, tensor) => unchecked(sum + Of(tensor)));

    /// <summary>As it is written: 16 lower-case hexadecimal characters.</summary>
    public static string Text(ulong digest) => digest.ToString("x16", CultureInfo.InvariantCulture);
}
