using System.Reflection;

namespace TorchSharp
{
    /// <summary>Names a module's field otherwise than the field is called.</summary>
    [AttributeUsage(AttributeTargets.Field)]
    public sealed class ComponentNameAttribute : Attribute
    {
        public string Name { get; set; } = "";
    }

    public static class FieldInfoExtensionMethods
    {
        /// <summary>The name under which a field's value is registered.</summary>
        public static string ComponentName(this FieldInfo field) =>
            field.GetCustomAttribute<ComponentNameAttribute>() is { Name.Length: > 0 } given ? given.Name : field.Name;
    }
}
