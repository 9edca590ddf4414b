using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>What a channel logs of its calls, under the category and at the levels of grpc-dotnet.</summary>
internal static partial class CallLog
{
    public const string Category = "Grpc.Net.Client.Internal.GrpcCall";

    public static void CallEnded(this ILogger logger, string method, Status status)
    {
        switch (status.StatusCode)
        {
            case StatusCode.OK: Finished(logger, method); break;
            case StatusCode.DeadlineExceeded: DeadlineExceeded(logger, method); break;
            case StatusCode.Cancelled: Cancelled(logger, method); break;
            default: Failed(logger, method, status.StatusCode, status.Detail); break;
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Starting gRPC call '{Method}', {MethodType}, to {Address}")]
    public static partial void CallStarting(this ILogger logger, MethodType methodType, string method, Uri address);

    [LoggerMessage(6, LogLevel.Error, "Error starting gRPC call '{Method}'")]
    public static partial void CallNotStarted(this ILogger logger, Exception exception, string method);

    [LoggerMessage(11, LogLevel.Information, "gRPC call '{Method}' waits for {Address} and tries again in {Pause}: {Reason}")]
    public static partial void ServerAwaited(this ILogger logger, string method, Uri address, TimeSpan pause, string reason);

    [LoggerMessage(3, LogLevel.Information, "gRPC call '{Method}' failed with {StatusCode}: {Detail}")]
    private static partial void Failed(ILogger logger, string method, StatusCode statusCode, string detail);

    [LoggerMessage(4, LogLevel.Debug, "Finished gRPC call '{Method}'")]
    private static partial void Finished(ILogger logger, string method);

    [LoggerMessage(7, LogLevel.Warning, "gRPC call '{Method}' exceeded its deadline")]
    private static partial void DeadlineExceeded(ILogger logger, string method);

    [LoggerMessage(8, LogLevel.Debug, "gRPC call '{Method}' was cancelled")]
    private static partial void Cancelled(ILogger logger, string method);
}
