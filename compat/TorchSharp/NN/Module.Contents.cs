using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        // What a module holds, by name.
        public partial class Module
        {
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true)
            {
                var seen = new HashSet<nint> { 0 };
                foreach (var (key, parameter) in _internal_params)
                {
                    if (seen.Add(parameter.handle))
                    {
                        yield return (key, parameter);
                    }
                }

                if (!recurse)
                {
                    yield break;
                }

                foreach (var (child, module) in _internal_submodules)
                {
                    foreach (var (key, parameter) in module.named_parameters(true))
                    {
                        if (seen.Add(parameter.handle))
                        {
                            yield return ($"{child}.{key}", parameter);
                        }
                    }
                }
            }

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(entry => entry.parameter);

            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true)
            {
                var seen = new HashSet<nint> { 0 };
                foreach (var (key, (buffer, persistent)) in _internal_buffers)
                {
                    if ((persistent || include_nonpersistent) && seen.Add(buffer.handle))
                    {
                        yield return (key, buffer);
                    }
                }

                if (!recurse)
                {
                    yield break;
                }

                foreach (var (child, module) in _internal_submodules)
                {
                    foreach (var (key, buffer) in module.named_buffers(true, include_nonpersistent))
                    {
                        if (seen.Add(buffer.handle))
                        {
                            yield return ($"{child}.{key}", buffer);
                        }
                    }
                }
            }

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(entry => entry.buffer);

            public virtual IEnumerable<(string name, Module module)> named_children() => _internal_submodules;

            public virtual IEnumerable<Module> children() => named_children().Select(entry => entry.module);

            public virtual IEnumerable<(string name, Module module)> named_modules()
            {
                foreach (var entry in _internal_submodules)
                {
                    yield return entry;
                }

                foreach (var (child, module) in _internal_submodules)
                {
                    foreach (var (key, inner) in module.named_modules())
                    {
                        yield return ($"{child}.{key}", inner);
                    }
                }
            }

            public virtual IEnumerable<Module> modules() => named_modules().Select(entry => entry.module);

            /// <summary>Parameters and persistent buffers under their full names; a tied parameter appears under each of its names.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= new Dictionary<string, Tensor>(StringComparer.Ordinal);
                string Key(string key) => string.IsNullOrEmpty(prefix) ? key : $"{prefix}.{key}";
                foreach (var (key, parameter) in named_parameters())
                {
                    destination.TryAdd(Key(key), parameter);
                }

                foreach (var (key, buffer) in named_buffers(include_nonpersistent: false))
                {
                    destination.TryAdd(Key(key), buffer);
                }

                foreach (var (child, module) in _internal_submodules)
                {
                    module.state_dict(destination, Key(child));
                }

                return destination;
            }

            /// <summary>Copies values into the parameters and buffers of the same names.</summary>
            /// <exception cref="InvalidOperationException">The names differ and <paramref name="strict"/> is set.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                var destination = state_dict();
                bool Wanted(string key) => skip is null || !skip.Contains(key);
                var unexpected = source.Keys.Where(key => Wanted(key) && !destination.ContainsKey(key)).ToList();
                var missing = destination.Keys.Where(key => Wanted(key) && !source.ContainsKey(key)).ToList();
                if (strict && (missing.Count > 0 || unexpected.Count > 0))
                {
                    throw new InvalidOperationException("The loaded state_dict is not identical to the target dictionary.");
                }

                using (no_grad())
                {
                    foreach (var (key, value) in source)
                    {
                        if (Wanted(key) && destination.TryGetValue(key, out var target))
                        {
                            target.copy_(value);
                        }
                    }
                }

                return (missing, unexpected);
            }

            public virtual bool has_buffer(string target) => get_buffer(target) is not null;

            public virtual bool has_parameter(string target) => get_parameter(target) is not null;

            public virtual Tensor? get_buffer(string target) => _internal_buffers.TryGetValue(target, out var found)
                ? found.Item1
                : Inside(target, (module, rest) => module.get_buffer(rest));

            public virtual Parameter? get_parameter(string target) => _internal_params.TryGetValue(target, out var found)
                ? found
                : Inside(target, (module, rest) => module.get_parameter(rest));

            private T? Inside<T>(string target, Func<Module, string, T?> find) where T : class
            {
                var dot = target.IndexOf('.', StringComparison.Ordinal);
                return dot > 0 && _internal_submodules.TryGetValue(target[..dot], out var module) ? find(module, target[(dot + 1)..]) : null;
            }
        }
    }
}
