using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // Moving a module to a device or element type makes new parameters and writes them into the fields that held the old ones.
        public partial class Module
        {
            protected internal virtual Module _to(Device device, ScalarType dtype, bool non_blocking)
            {
                RequireFloating(dtype);
                _toEpilog(dtype, InitializeDevice(device), non_blocking);
                return this;
            }

            protected internal virtual Module _to(DeviceType deviceType, int deviceIndex, bool non_blocking)
            {
                _toEpilog(null, InitializeDevice(new Device(deviceType, deviceIndex)), non_blocking);
                return this;
            }

            protected internal virtual Module _to(ScalarType dtype, bool non_blocking)
            {
                RequireFloating(dtype);
                _toEpilog(dtype, null, non_blocking);
                return this;
            }

            public Module _to(Tensor other, bool non_blocking) => _to(other.device, other.dtype, non_blocking);

            protected virtual void _toEpilog(ScalarType? dtype, Device? device, bool non_blocking)
            {
                foreach (var (_, module) in named_children())
                {
                    module._toEpilog(dtype, device, non_blocking);
                }

                foreach (var (key, parameter) in _internal_params.ToArray())
                {
                    if (Moved(parameter, dtype, device, non_blocking) is { } moved)
                    {
                        var replacement = new Parameter(moved, parameter.requires_grad);
                        replacement.DetachFromDisposeScope();
                        _internal_params[key] = replacement;
                        WriteField(parameter, replacement);
                        parameter.Dispose();
                    }
                }

                foreach (var (key, (buffer, persistent)) in _internal_buffers.ToArray())
                {
                    if (Moved(buffer, is_floating_point(buffer.dtype) ? dtype : null, device, non_blocking) is { } moved)
                    {
                        moved.DetachFromDisposeScope();
                        _internal_buffers[key] = (moved, persistent);
                        WriteField(buffer, moved);
                        buffer.Dispose();
                    }
                }
            }

            private static Tensor? Moved(Tensor tensor, ScalarType? dtype, Device? device, bool nonBlocking)
            {
                var same = (dtype is null || tensor.dtype == dtype) && (device is null || (tensor.device_type == device.type && tensor.device_index == device.index));
                if (same)
                {
                    return null;
                }

                using (no_grad())
                {
                    using var values = tensor.detach();
                    return values.to(dtype ?? tensor.dtype, device ?? tensor.device, non_blocking: nonBlocking);
                }
            }

            private static void RequireFloating(ScalarType dtype)
            {
                if (!is_floating_point(dtype) && !is_complex(dtype))
                {
                    throw new ArgumentException($"nn.Module.to only accepts floating point or complex types, but got desired dtype={dtype}");
                }
            }

            private void WriteField(Tensor old, Tensor replacement)
            {
                foreach (var field in Fields(GetType()))
                {
                    if (ReferenceEquals(field.GetValue(this), old))
                    {
                        field.SetValue(this, replacement);
                    }
                }
            }
        }
    }
}
