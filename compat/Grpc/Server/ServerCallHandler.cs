using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server;

/// <summary>Serves the calls of one method.</summary>
internal sealed partial class ServerCallHandler<TRequest, TResponse>(
    Method<TRequest, TResponse> method, MethodOptions options, ILogger logger, Func<ServerCall<TRequest, TResponse>, Task> body)
    where TRequest : class
    where TResponse : class
{
    // A timer's longest wait; a deadline beyond it is as good as none.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(40);

    public async Task HandleAsync(HttpContext http)
    {
        if (Refusal(http) is var (status, httpStatus))
        {
            await ResponseTrailers.EndWithoutBody(http, status, httpStatus);
            return;
        }

        // A stream may be long and slow; MaxReceiveMessageSize limits its messages.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        http.Response.ContentType = Protocol.ContentType;
        using var call = new ServerCall<TRequest, TResponse>(http, method, options);
        http.Features.Set<IServerCallContextFeature>(call);
        var handling = InvokeAsync(call);
        if (await DeadlinePassesFirst(call, handling))
        {
            await EndAtDeadlineAsync(call);

            // The client has its answer; what the handler still does is told to no one.
            await handling;
            return;
        }

        await EndAsync(call, await handling);
    }

    private static async Task<bool> DeadlinePassesFirst(ServerCall<TRequest, TResponse> call, Task handling)
    {
        if (call.Timeout is not { } timeout || timeout > LongestWait || handling.IsCompleted)
        {
            return false;
        }

        using var handled = new CancellationTokenSource();
        var deadline = Task.Delay(timeout, TimeProvider.System, handled.Token);
        var first = await Task.WhenAny(handling, deadline);
        await handled.CancelAsync();
        return first == deadline;
    }

    private (Status Status, int HttpStatus)? Refusal(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            return (new(StatusCode.Internal, $"Request protocol '{http.Request.Protocol}' is not supported."), StatusCodes.Status426UpgradeRequired);
        }

        if (!Protocol.IsGrpcContentType(http.Request.ContentType))
        {
            return (new(StatusCode.Internal, $"Content-Type '{http.Request.ContentType}' is not supported."), StatusCodes.Status415UnsupportedMediaType);
        }

        var encoding = http.Request.Headers[Protocol.EncodingHeader].ToString();
        if (encoding.Length > 0 && encoding != Protocol.Identity && !options.Compressions.ContainsKey(encoding))
        {
            var known = Compressions.AcceptHeader(options.Compressions);
            http.Response.Headers[Protocol.AcceptEncodingHeader] = known;
            return (new(StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: {known}"), StatusCodes.Status200OK);
        }

        return null;
    }

    private async Task<Status> InvokeAsync(ServerCall<TRequest, TResponse> call)
    {
        try
        {
            await body(call);
            return call.Status;
        }
        catch (RpcException exception)
        {
            foreach (var entry in exception.Trailers)
            {
                call.ResponseTrailers.Add(entry);
            }

            LogEnded(exception.StatusCode, exception.Status.Detail, method.FullName, exception.Status.DebugException);
            return exception.Status;
        }
        catch (Exception exception)
        {
            if (call.CancellationToken.IsCancellationRequested && exception is (OperationCanceledException or IOException))
            {
                LogCancelled(method.FullName, exception);
            }
            else
            {
                LogFault(method.FullName, exception);
            }

            return new Status(StatusCode.Unknown, Describe(exception), exception);
        }
    }

    private string Describe(Exception exception)
    {
        var text = "Exception was thrown by handler.";
        for (var e = options.DetailedErrors ? exception : null; e is not null; e = e.InnerException)
        {
            text += $" {e.GetType().Name}: {e.Message}";
        }

        return text;
    }

    private async Task EndAtDeadlineAsync(ServerCall<TRequest, TResponse> call)
    {
        LogDeadline(method.FullName, call.Timeout!.Value);
        call.Cancel();
        await call.Responses.CloseAsync();
        ResponseTrailers.Write(call.HttpContext.Response, new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded"), null, asHeaders: !Begun(call));
        await call.HttpContext.Response.CompleteAsync();

        // The client need not send the rest of its stream. 0: NO_ERROR.
        call.HttpContext.Features.Get<IHttpResetFeature>()?.Reset(0);
    }

    private async Task EndAsync(ServerCall<TRequest, TResponse> call, Status status)
    {
        await call.Responses.CloseAsync();
        var refused = ResponseTrailers.Write(call.HttpContext.Response, status, call.Trailers, asHeaders: !Begun(call));
        if (refused.Count > 0)
        {
            LogRefused(method.FullName, string.Join(", ", refused));
        }
    }

    private static bool Begun(ServerCall<TRequest, TResponse> call) => call.Responses.HasBegun || call.HttpContext.Response.HasStarted;

    [LoggerMessage(9001, LogLevel.Error, "Error when executing service method '{Method}'")]
    private partial void LogFault(string method, Exception exception);

    [LoggerMessage(9002, LogLevel.Information, "Call of '{Method}' was cancelled")]
    private partial void LogCancelled(string method, Exception exception);

    [LoggerMessage(9003, LogLevel.Information, "Call of '{Method}' ended with {Status}: {Detail}")]
    private partial void LogEnded(StatusCode status, string detail, string method, Exception? exception);

    [LoggerMessage(9004, LogLevel.Debug, "Call of '{Method}' exceeded its deadline of {Timeout}")]
    private partial void LogDeadline(string method, TimeSpan timeout);

    [LoggerMessage(9005, LogLevel.Warning, "Call of '{Method}' set trailers that HTTP does not take: {Keys}")]
    private partial void LogRefused(string method, string keys);
}
