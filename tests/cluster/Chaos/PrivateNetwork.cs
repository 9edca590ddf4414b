using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Orchestrator.Tests.Cluster.Chaos;

/// <summary>A network of this machine's own: hosts that are network namespaces, on one bridge that this process is on too. The path between two hosts can be cut.</summary>
internal sealed class PrivateNetwork : IDisposable
{
    private static int s_count;

    // Tests of one process run side by side.
    private readonly int _number = Interlocked.Increment(ref s_count);
    private readonly List<string> _hosts = [];
    private readonly string _name;

    private PrivateNetwork() => _name = string.Create(CultureInfo.InvariantCulture, $"orc{Environment.ProcessId % 100_000}n{_number}");

    /// <summary>Where hosts find this process.</summary>
    public IPAddress Gateway => Address(1);

    /// <summary>A network, or null where this process may not make one.</summary>
    public static PrivateNetwork? TryCreate()
    {
        var network = new PrivateNetwork();
        if (Ip("link", "add", network._name, "type", "bridge")
            && Ip("address", "add", $"{network.Gateway}/20", "dev", network._name)
            && Ip("link", "set", network._name, "up"))
        {
            return network;
        }

        network.Dispose();
        return null;
    }

    /// <summary>Adds a host.</summary>
    /// <returns>Its name; <c>ip netns exec NAME program</c> runs a program there.</returns>
    public string AddHost()
    {
        var number = _hosts.Count + 2;
        var host = string.Create(CultureInfo.InvariantCulture, $"{_name}h{number}");
        _hosts.Add(host);
        Require("netns", "add", host);
        Require("link", "add", host, "type", "veth", "peer", "name", "eth0", "netns", host);
        Require("link", "set", host, "master", _name, "up");
        Require("-n", host, "address", "add", $"{Address(number)}/20", "dev", "eth0");
        Require("-n", host, "link", "set", "eth0", "up");
        Require("-n", host, "link", "set", "lo", "up");
        return host;
    }

    /// <summary>Nothing passes between these hosts any more; each still reaches all others.</summary>
    public void Cut(string one, string other) => Isolate("on", one, other);

    /// <summary>The path between these hosts is whole again.</summary>
    public void Mend(string one, string other) => Isolate("off", one, other);

    public void Dispose()
    {
        foreach (var host in _hosts)
        {
            Ip("netns", "delete", host);
        }

        Ip("link", "delete", _name);
    }

    // Processes beside this one have other numbers, and so other subnets, of 4,094 hosts each.
    private IPAddress Address(int number)
    {
        var subnet = (4 * Environment.ProcessId) + (_number % 4);
        return new([10, (byte)(64 + ((subnet >> 4) % 64)), (byte)((16 * (subnet & 15)) + (number >> 8)), (byte)number]);
    }

    // A bridge passes nothing between two isolated ports.
    private static void Isolate(string word, params ReadOnlySpan<string> hosts)
    {
        foreach (var host in hosts)
        {
            Require("link", "set", "dev", host, "type", "bridge_slave", "isolated", word);
        }
    }

    private static void Require(params string[] arguments)
    {
        if (!Ip(arguments))
        {
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)} failed.");
        }
    }

    private static bool Ip(params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("ip", arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no such program.
            return false;
        }
    }
}
