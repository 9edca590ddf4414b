using System.Collections;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules
{
    /// <summary>Modules by position: "0", "1", ...</summary>
    public class ModuleList<T> : Module, IList<T> where T : Module
    {
        private readonly List<T> _list = [];

        public ModuleList(params T[] modules) : base(nameof(ModuleList)) => _list.AddRange(modules);

        public int Count => _list.Count;

        public bool IsReadOnly => false;

        public T this[int index]
        {
            get => _list[index];
            set
            {
                _list[index] = value;
                Renumber();
            }
        }

        public void Add(T item)
        {
            _list.Add(item);
            Renumber();
        }

        public void append(params T[] parameters)
        {
            _list.AddRange(parameters);
            Renumber();
        }

        public void extend(IEnumerable<T> modules)
        {
            _list.AddRange(modules);
            Renumber();
        }

        public void Insert(int index, T item)
        {
            _list.Insert(index, item);
            Renumber();
        }

        public bool Remove(T item)
        {
            var removed = _list.Remove(item);
            Renumber();
            return removed;
        }

        public void RemoveAt(int index)
        {
            _list.RemoveAt(index);
            Renumber();
        }

        public void Clear()
        {
            _list.Clear();
            Renumber();
        }

        public bool Contains(T item) => _list.Contains(item);

        public void CopyTo(T[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);

        public int IndexOf(T item) => _list.IndexOf(item);

        public IEnumerator<T> GetEnumerator() => _list.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        protected override void RegisterComponents()
        {
            if (_internal_submodules.Count != _list.Count)
            {
                Renumber();
            }
        }

        private void Renumber()
        {
            ClearModules();
            for (var i = 0; i < _list.Count; i++)
            {
                register_module(i.ToString(), _list[i]);
            }
        }
    }

    /// <summary>Parameters by position: "0", "1", ...</summary>
    public class ParameterList : Module, IList<Parameter>
    {
        private readonly List<Parameter> _list = [];

        public ParameterList(params Parameter[] parameters) : base(nameof(ParameterList))
        {
            _list.AddRange(parameters);
            Renumber();
        }

        public int Count => _list.Count;

        public bool IsReadOnly => false;

        public Parameter this[int index]
        {
            get => _internal_params[index.ToString()];
            set
            {
                _list[index] = value;
                Renumber();
            }
        }

        public void Add(Parameter item)
        {
            _list.Add(item);
            Renumber();
        }

        public void append(params Parameter[] parameters) => extend(parameters);

        public void extend(IEnumerable<Parameter> parameters)
        {
            _list.AddRange(parameters);
            Renumber();
        }

        public void Insert(int index, Parameter item)
        {
            _list.Insert(index, item);
            Renumber();
        }

        public bool Remove(Parameter item)
        {
            var removed = _list.Remove(item);
            Renumber();
            return removed;
        }

        public void RemoveAt(int index)
        {
            _list.RemoveAt(index);
            Renumber();
        }

        public void Clear()
        {
            _list.Clear();
            Renumber();
        }

        public bool Contains(Parameter item) => _list.Contains(item);

        public void CopyTo(Parameter[] array, int arrayIndex) => _list.CopyTo(array, arrayIndex);

        public int IndexOf(Parameter item) => _list.IndexOf(item);

        public IEnumerator<Parameter> GetEnumerator() => parameters(recurse: false).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        protected override void RegisterComponents()
        {
            // The list itself is the only component.
        }

        private void Renumber()
        {
            _internal_params.clear();
            for (var i = 0; i < _list.Count; i++)
            {
                _internal_params.Add(i.ToString(), _list[i]);
            }
        }
    }
}

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.ModuleList<Module> ModuleList(params Module[] modules) => new(modules);

            public static Modules.ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);

            public static Modules.ParameterList ParameterList(params Modules.Parameter[] parameters) => new(parameters);
        }
    }
}
