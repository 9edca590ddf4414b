using System.Reflection;
using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>Finds the static method by which generated code binds a service.</summary>
internal static class GeneratedService
{
    public static void Bind<TService>(ServiceBinderBase binder)
    {
        for (var type = typeof(TService); type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } attribute)
            {
                var bind = attribute.BindType.GetMethod(
                    attribute.BindMethodName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, [typeof(ServiceBinderBase), type])
                    ?? throw new InvalidOperationException(
                        $"{attribute.BindType} has no static method {attribute.BindMethodName}(ServiceBinderBase, {type.Name}).");
                bind.Invoke(null, [binder, null]);
                return;
            }
        }

        throw new InvalidOperationException(
            $"{typeof(TService)} is no gRPC service: neither it nor a base class has the attribute BindServiceMethod that generated code brings.");
    }
}
