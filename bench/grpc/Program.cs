using System.Globalization;
using Orchestrator.Bench.Grpc;

switch (args)
{
    case ["serve"]:
        await EchoServer.RunAsync();
        return 0;
    case ["call", var address, var server, var seconds]
        when int.TryParse(server, CultureInfo.InvariantCulture, out var id) && double.TryParse(seconds, CultureInfo.InvariantCulture, out var span) && span > 0:
        await EchoLoad.RunAsync(address, id, TimeSpan.FromSeconds(span));
        return 0;
    default:
        await Console.Error.WriteLineAsync("""
            usage: Orchestrator.GrpcBench serve                          prints its port; serves until its standard input ends
                   Orchestrator.GrpcBench call ADDRESS SERVER_PID SECONDS    measures each kind of call for so long; one JSON object a line
            bench/grpc.sh runs both beside grpcio.
            """);
        return 2;
}
