using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using static TorchSharp.torch;

namespace TorchSharp.Interop;

/// <summary>An operator of libtorch's dispatcher, looked up when first called.</summary>
internal sealed unsafe class Op(string name, string overload = "")
{
    private const int Scratch = 64;
    private const int MostArguments = 24;
    private nint _handle;

    /// <summary>Whether this libtorch has the operator.</summary>
    internal bool Exists => _handle != 0 || TryFind() == 0;

    /// <summary>Calls an operator that gives one tensor.</summary>
    internal Tensor Call(params ReadOnlySpan<Arg> arguments)
    {
        NativeValue result;
        Invoke(arguments, &result, 1);
        return new Tensor((nint)result.Bits);
    }

    /// <summary>Calls an operator for what it does to its first argument.</summary>
    internal void Run(params ReadOnlySpan<Arg> arguments)
    {
        Invoke(arguments, null, 0);
    }

    /// <summary>Calls an operator that gives two tensors.</summary>
    internal (Tensor First, Tensor Second) Call2(params ReadOnlySpan<Arg> arguments)
    {
        var results = stackalloc NativeValue[2];
        Invoke(arguments, results, 2);
        return (new Tensor((nint)results[0].Bits), new Tensor((nint)results[1].Bits));
    }

    /// <summary>Calls an operator that gives three tensors.</summary>
    internal (Tensor First, Tensor Second, Tensor Third) Call3(params ReadOnlySpan<Arg> arguments)
    {
        var results = stackalloc NativeValue[3];
        Invoke(arguments, results, 3);
        return (new Tensor((nint)results[0].Bits), new Tensor((nint)results[1].Bits), new Tensor((nint)results[2].Bits));
    }

    /// <summary>Calls an operator that gives a list of tensors.</summary>
    internal Tensor[] CallList(int atMost, params ReadOnlySpan<Arg> arguments)
    {
        var results = new NativeValue[Math.Max(atMost, 1)];
        int count;
        fixed (NativeValue* first = results)
        {
            count = Invoke(arguments, first, results.Length);
        }

        var tensors = new Tensor[count];
        for (var i = 0; i < count; i++)
        {
            tensors[i] = new Tensor((nint)results[i].Bits);
        }

        return tensors;
    }

    /// <summary>Calls an operator that gives a truth value.</summary>
    internal bool CallBool(params ReadOnlySpan<Arg> arguments) => CallLong(arguments) != 0;

    /// <summary>Calls an operator that gives an integer or a truth value.</summary>
    internal long CallLong(params ReadOnlySpan<Arg> arguments)
    {
        NativeValue result;
        Invoke(arguments, &result, 1);
        return result.Bits;
    }

    /// <summary>Calls an operator that gives a number.</summary>
    internal NativeValue CallValue(params ReadOnlySpan<Arg> arguments)
    {
        NativeValue result;
        Invoke(arguments, &result, 1);
        return result;
    }

    // Hot: no allocation unless lists hold more than 64 entries in sum or text is passed.
    private int Invoke(ReadOnlySpan<Arg> arguments, NativeValue* results, int capacity)
    {
        var lists = 0;
        foreach (ref readonly var argument in arguments)
        {
            if (argument.Tag is >= Arg.IntListTag and <= Arg.DoubleListTag)
            {
                lists += argument.Aux;
            }
        }

        return lists <= Scratch ? Invoke(arguments, results, capacity, stackalloc long[Scratch]) : InvokeLong(arguments, results, capacity, lists);
    }

    private int InvokeLong(ReadOnlySpan<Arg> arguments, NativeValue* results, int capacity, int lists) =>
        Invoke(arguments, results, capacity, GC.AllocateUninitializedArray<long>(lists));

    private int Invoke(ReadOnlySpan<Arg> arguments, NativeValue* results, int capacity, Span<long> scratch)
    {
        var values = stackalloc NativeValue[MostArguments];
        int count;
        int status;
        fixed (long* lists = scratch)
        {
            var next = lists;
            for (var i = 0; i < arguments.Length; i++)
            {
                ref readonly var argument = ref arguments[i];
                values[i].Tag = argument.Tag;
                values[i].Aux = argument.Aux;
                values[i].Bits = argument.Bits;
                if (argument.Keep is not null && argument.Tag is >= Arg.IntListTag and <= Arg.DoubleListTag)
                {
                    values[i].Bits = (nint)next;
                    next += Copy(argument, next, ref values[i].Aux);
                }
            }

            status = Native.orc_torch_call(_handle != 0 ? _handle : Find(), values, arguments.Length, results, capacity, &count);
        }

        // Whatever the arguments came from lives at least until here.
        foreach (ref readonly var argument in arguments)
        {
            GC.KeepAlive(argument.Keep);
        }

        Failure.Check(status);
        return count;
    }

    private static int Copy(in Arg argument, long* to, ref int length)
    {
        switch (argument.Keep)
        {
            case long[] values:
                values.CopyTo(new Span<long>(to, values.Length));
                return values.Length;
            case double[] values:
                values.CopyTo(new Span<double>(to, values.Length));
                return values.Length;
            case Tensor?[] tensors:
                for (var i = 0; i < tensors.Length; i++)
                {
                    to[i] = tensors[i]?.Handle ?? 0;
                }

                return tensors.Length;
            default:
                // Names of options and equations: ASCII, one byte a character.
                length = Encoding.ASCII.GetBytes((string)argument.Keep!, new Span<byte>(to, argument.Aux * sizeof(long)));
                return argument.Aux;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private nint Find()
    {
        Failure.Check(TryFind());
        return _handle;
    }

    private int TryFind()
    {
        var nameText = Marshal.StringToCoTaskMemUTF8("aten::" + name);
        var overloadText = Marshal.StringToCoTaskMemUTF8(overload);
        try
        {
            nint found;
            var status = Native.orc_torch_find((byte*)nameText, (byte*)overloadText, &found);
            _handle = status == 0 ? found : 0;
            return status;
        }
        finally
        {
            Marshal.FreeCoTaskMem(nameText);
            Marshal.FreeCoTaskMem(overloadText);
        }
    }
}
