using System.Net;
using System.Net.Sockets;
using Orchestrator.Protos.V1;
using Orchestrator.Training.Collectives;

namespace Orchestrator.Worker;

/// <summary>Brings the ranks of a generation together.</summary>
internal static class Meeting
{
    /// <summary>Connects this rank to its peers.</summary>
    /// <param name="assignment">Who they are.</param>
    /// <param name="store">Where they find each other.</param>
    /// <param name="address">The address peers reach this process under.</param>
    /// <param name="ended">Cancelled when the generation is over.</param>
    /// <exception cref="PeerLostException">They did not all come.</exception>
    public static ICommunicator Join(Assignment assignment, IRendezvousStore store, string address, CancellationToken ended) =>
        assignment.WorldSize == 1
            ? new SoloCommunicator()
            : new GlooCommunicator(
                store, assignment.Rank, assignment.WorldSize, $"{assignment.RunId}/{assignment.Generation}",
                TimeSpan.FromMilliseconds(assignment.CollectiveTimeoutMs), address, ended);

    /// <summary>This machine's address on the way to the coordinator: where that one is reached, peers are.</summary>
    public static string AddressTowards(Uri coordinator)
    {
        if (coordinator.IsLoopback)
        {
            return IPAddress.Loopback.ToString();
        }

        // Connecting a datagram socket sends nothing; it only asks the kernel for the route.
        using var probe = new Socket(SocketType.Dgram, ProtocolType.Udp);
        probe.Connect(coordinator.Host, coordinator.Port);
        var address = ((IPEndPoint)probe.LocalEndPoint!).Address;
        return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
    }
}
