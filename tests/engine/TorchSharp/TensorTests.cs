using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

public sealed class TensorTests
{
    [Fact]
    public void Zeros_without_memory_are_refused_until_they_are_cloned()
    {
        Assert.SkipWhen(typeof(Tensor).Assembly.GetType("TorchSharp.Interop.Ops") is null, "The tensor engine is TorchSharp itself.");
        using var scope = NewDisposeScope();
        var x = ones(3, requires_grad: true);
        var gradient = autograd.grad([x.sgn().sum()], [x])[0];

        Assert.Contains("clone()", Assert.Throws<InvalidOperationException>(() => gradient.data<float>()).Message);
        Assert.Equal(new float[3], gradient.clone().data<float>().ToArray());
    }

    [Fact]
    public void A_tensor_knows_its_shape_type_and_place()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 3, 4, dtype: float64);

        Assert.Equal([2L, 3, 4], x.shape);
        Assert.Equal([12L, 4, 1], x.stride());
        Assert.Equal(24, x.numel());
        Assert.Equal(float64, x.dtype);
        Assert.Equal(DeviceType.CPU, x.device_type);
        Assert.Equal(4, x.size(-1));
        Assert.True(x.is_contiguous());
        Assert.False(x.transpose(0, 1).is_contiguous());
    }

    [Fact]
    public void Arithmetic_follows_the_operators()
    {
        using var scope = NewDisposeScope();
        var x = tensor([1f, 2f, 3f]);
        var y = tensor([4f, 5f, 6f]);

        Assert.Equal([5f, 7f, 9f], (x + y).data<float>().ToArray());
        Assert.Equal([-3f, -3f, -3f], (x - y).data<float>().ToArray());
        Assert.Equal([4f, 10f, 18f], (x * y).data<float>().ToArray());
        Assert.Equal([4f, 2.5f, 2f], (y / x).data<float>().ToArray());
        Assert.Equal([2f, 4f, 6f], (2 * x).data<float>().ToArray());
        Assert.Equal([0f, -1f, -2f], (1 - x).data<float>().ToArray());
        Assert.Equal([6f, 3f, 2f], (6 / x).data<float>().ToArray());
        Assert.Equal([-1f, -2f, -3f], (-x).data<float>().ToArray());
        Assert.Equal(32f, x.dot(y).item<float>());
    }

    [Fact]
    public void In_place_forms_change_the_tensor_and_give_it_back()
    {
        using var scope = NewDisposeScope();
        var x = ones(3);

        var same = x.add_(2).mul_(x).sub_(1);

        Assert.Same(x, same);
        Assert.Equal([8f, 8f, 8f], x.data<float>().ToArray());
    }

    [Fact]
    public void Index_expressions_read_as_in_python()
    {
        using var scope = NewDisposeScope();
        var x = arange(24, dtype: int64).reshape(2, 3, 4);

        Assert.Equal(23, x[1, 2, 3].item<long>());
        Assert.Equal([4L, 5, 6, 7], x[0, 1].data<long>().ToArray());
        Assert.Equal([2L, 3, 4], x[.., TensorIndex.None].shape[..1].Concat([3L, 4]));
        Assert.Equal([1L, 5, 9, 13, 17, 21], x[TensorIndex.Ellipsis, 1].data<long>().ToArray());
        Assert.Equal([0L, 2, 12, 14], x[TensorIndex.Colon, 0, TensorIndex.Slice(0, 4, 2)].data<long>().ToArray());
        Assert.Equal([20L, 21, 22, 23], x[^1, ^1].data<long>().ToArray());
        Assert.Equal([0L, 4], x[0, TensorIndex.Tensor(tensor([0L, 1])), 0].data<long>().ToArray());
        Assert.Equal([22L, 23], x[x.gt(21)].data<long>().ToArray());
    }

    [Fact]
    public void Index_expressions_write_through_the_view()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 3);

        x[0] = tensor(1f);
        x[1, 1..] = tensor([2f, 3f]);
        x[TensorIndex.Ellipsis, 0] = tensor([7f, 8f]);

        Assert.Equal([7f, 1f, 1f, 8f, 2f, 3f], x.data<float>().ToArray());
    }

    [Fact]
    public void An_error_of_libtorch_arrives_with_its_text()
    {
        using var scope = NewDisposeScope();
        var x = zeros(2, 3);

        var error = Assert.Throws<ExternalException>(() => x.matmul(zeros(4, 5)));

        Assert.Contains("mat1 and mat2 shapes cannot be multiplied", error.Message);
        Assert.DoesNotContain("frame #", error.Message);
    }

    [Fact]
    public void A_disposed_tensor_says_so()
    {
        var x = zeros(1);
        x.Dispose();

        Assert.True(x.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => x.add(1));
    }

    [Fact]
    public void A_buffer_is_shared_and_an_array_is_copied()
    {
        using var scope = NewDisposeScope();
        float[] values = [1, 2, 3, 4];
        var shared = frombuffer(values, float32);
        var copied = tensor(values);
        var copiedToo = from_array(values);

        values[0] = 9;
        shared[1] = tensor(8f);

        Assert.Equal([9f, 8f, 3f, 4f], values);
        Assert.Equal(9f, shared[0].item<float>());
        Assert.Equal(1f, copied[0].item<float>());
        Assert.Equal(1f, copiedToo[0].item<float>());
    }

    [Fact]
    public unsafe void The_storage_pointer_leads_to_the_elements_of_a_view()
    {
        using var scope = NewDisposeScope();
        var flat = arange(10, dtype: float32);
        var view = flat.narrow(0, 4, 3);

        var pointer = (float*)new RawStorage(view).Address + view.storage_offset();

        Assert.Equal(4f, pointer[0]);
        pointer[2] = 42;
        Assert.Equal(42f, flat[6].item<float>());
        fixed (byte* first = view.bytes)
        {
            Assert.Equal((nint)pointer, (nint)first);
        }
    }

    // The one way to an address on any device that TorchSharp's public surface has.
    private sealed class RawStorage(Tensor tensor) : Storage(tensor)
    {
        public nint Address => data_ptr();

        public override int element_size() => (int)_tensor.ElementSize;
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int16)]
    [InlineData(ScalarType.Int8)]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Bool)]
    public void Every_element_type_converts_to_every_other(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var x = tensor([0f, 1f]).to(type);

        Assert.Equal(type, x.dtype);
        Assert.Equal(2 * type.ElementSize(), x.bytes.Length);
        Assert.Equal([0f, 1f], x.to(float32).data<float>().ToArray());
    }

    [Fact]
    public void A_meta_tensor_has_a_shape_and_no_data()
    {
        using var scope = NewDisposeScope();
        var x = empty(1_000_000, 1_000_000, device: META);

        Assert.True(x.is_meta);
        Assert.Equal([1_000_000L, 7], x.matmul(empty(1_000_000, 7, device: META)).shape);
    }
}
