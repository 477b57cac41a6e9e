using Millrace.Headers;

namespace Millrace.Sockets;

/// <summary>Which sockets have which local port: who may bind, and which ports are free (inet_csk_get_port).</summary>
internal sealed class BsdPorts(BsdSockets sockets)
{
    private readonly Dictionary<ushort, List<BsdSocket>> byPort = [];

    // a closed connection keeps its port until it is gone, and whether it would share it
    private readonly HashSet<ushort> reusable = [];
    private int next;

    public IReadOnlyList<BsdSocket> On(ushort port) => byPort.TryGetValue(port, out var there) ? there : [];

    /// <summary>Gives a port to a socket.</summary>
    /// <returns>False if another's use of it excludes this one.</returns>
    public bool TryBind(BsdSocket socket, InetAddress address, ushort port)
    {
        if (!IsFree(socket, address, port))
        {
            return false;
        }

        Add(socket, port);
        return true;
    }

    /// <summary>A socket that has its port by its listener.</summary>
    public void Add(BsdSocket socket, ushort port)
    {
        if (!byPort.TryGetValue(port, out var there))
        {
            byPort.Add(port, there = []);
        }

        there.Add(socket);
        if (socket.ReusesAddress)
        {
            reusable.Add(port);
        }
        else
        {
            reusable.Remove(port);
        }
    }

    public void Remove(BsdSocket socket, ushort port)
    {
        if (byPort.TryGetValue(port, out var there) && there.Remove(socket) && there.Count == 0)
        {
            byPort.Remove(port);
        }
    }

    /// <returns>A port that nobody has, 0 if there is none.</returns>
    public ushort Choose(BsdSocket socket)
    {
        var (minimum, maximum) = sockets.Tcp.LocalPorts;
        var count = Math.Max(maximum - minimum + 1, 1);
        for (var tries = 0; tries < count; tries++)
        {
            var port = (ushort)(minimum + (next++ % count));
            if (!byPort.ContainsKey(port) && IsFree(socket, socket.LocalAddress, port))
            {
                return port;
            }
        }

        return 0;
    }

    private bool IsFree(BsdSocket socket, InetAddress address, ushort port)
    {
        foreach (var other in On(port))
        {
            var shares = socket.ReusesAddress && other.ReusesAddress && other is not BsdStream { IsListening: true };
            var overlaps = address.IsUnspecified || other.LocalAddress.IsUnspecified || address == other.LocalAddress;
            if (overlaps && !shares)
            {
                return false;
            }
        }

        var isLeft = socket is BsdStream && On(port).Count == 0 && sockets.Tcp.IsLocalPortInUse(port);
        return !isLeft || (socket.ReusesAddress && reusable.Contains(port));
    }
}
