using System.Collections;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>A tensor's extents.</summary>
    public struct Size : IEnumerable<long>
    {
        private readonly long[] _shape;

        public static Size Empty = new(Array.Empty<long>());

        public Size(long[] shape) => _shape = [.. shape];

        public Size(IEnumerable<long> shape) => _shape = [.. shape];

        public Size(int[] shape) => _shape = Array.ConvertAll(shape, extent => (long)extent);

        public Size(long size) => _shape = [size];

        public Size((long, long) size) => _shape = [size.Item1, size.Item2];

        public Size((long, long, long) size) => _shape = [size.Item1, size.Item2, size.Item3];

        public Size((long, long, long, long) size) => _shape = [size.Item1, size.Item2, size.Item3, size.Item4];

        public readonly long[] Shape => _shape ?? [];

        public readonly int Length => Shape.Length;

        public readonly bool IsEmpty => Length == 0;

        public readonly bool IsScalar => Length == 0;

        public readonly long this[int idx] => Shape[idx];

        public readonly long this[long idx] => Shape[idx];

        public readonly long numel() => Shape.TotalSize();

        public readonly Size Slice(int first, int next) => new(Shape[first..next]);

        public readonly IEnumerable<long> Take(int i) => Shape.Take(i);

        public readonly IEnumerator<long> GetEnumerator() => ((IEnumerable<long>)Shape).GetEnumerator();

        readonly IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override readonly bool Equals(object? obj) => obj is Size other && Shape.AsSpan().SequenceEqual(other.Shape);

        public override readonly int GetHashCode() => Shape.Aggregate(17, HashCode.Combine);

        public static bool operator ==(Size left, Size right) => left.Equals(right);

        public static bool operator !=(Size left, Size right) => !left.Equals(right);

        public static Size operator +(Size left, Size right) => new([.. left.Shape, .. right.Shape]);

        public static Size operator +(Size left, IEnumerable<long> right) => new([.. left.Shape, .. right]);

        public static implicit operator Size(long size) => new(size);

        public static implicit operator Size((long, long) size) => new(size);

        public static implicit operator Size((long, long, long) size) => new(size);

        public static implicit operator Size((long, long, long, long) size) => new(size);

        public static implicit operator Size(long[] size) => new(size);
    }
}
