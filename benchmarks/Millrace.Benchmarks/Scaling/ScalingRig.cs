using Millrace.Headers;
using Millrace.Nics;
using Millrace.Sockets;
using Millrace.Tcp;
using Millrace.Workers;

namespace Millrace.Benchmarks.Scaling;

public enum Workload
{
    /// <summary>TCP, as many bytes as go; in bytes.</summary>
    Bulk,

    /// <summary>TCP, 64 bytes each way and the next when the answer is there; in transactions.</summary>
    Requests,

    /// <summary>UDP, 64 bytes thrown to and fro; in packets.</summary>
    Datagrams,
}

/// <summary>One worker of the server and one of the client: what a thread drives.</summary>
public sealed record WorkerPair(INetworkStack Server, INetworkStack Client, TcpSockets Tcp, UdpSockets Udp, ScalingTally AtServer, ScalingTally AtClient)
{
    public void Poll()
    {
        var now = StackClock.Now;
        Client.Poll(0, Client.Queue, now);
        Server.Poll(0, Server.Queue, now);
    }
}

/// <summary>
/// A server and a client with a wire between them, a queue of it for each of their workers. Both ends hash by a key that gives a
/// flow the same hash in both directions, so a flow is worker i's at both ends: the machine has no processors for the other end
/// alone, and traffic between threads would be the wire's, not the stack's.
/// </summary>
public sealed class ScalingRig : IDisposable
{
    public const int Flows = 64;

    private const int Ports = 8;
    private const int ServerPort = 9000;
    private const int ClientPort = 4000;
    private const int VolleysInFlight = 4;

    private static readonly InetAddress Server = InetAddress.Parse("10.0.0.1");
    private static readonly InetAddress Client = InetAddress.Parse("10.0.0.2");

    private readonly MemoryWire wire;
    private readonly List<WorkerPair> pairs = [];
    private readonly Workload workload;

    /// <param name="hashes">Whether the wire hashes packets though there is but one queue, as a NIC may; with several it always does.</param>
    public ScalingRig(Workload workload, WireMode mode, int workers, bool concurrent, bool hashes = false)
    {
        this.workload = workload;
        Name = $"{workers} worker{(workers > 1 ? "s" : "")}{(workers == 1 && concurrent ? ", concurrent wire" : "")}{(hashes ? " that hashes" : "")}";
        var options = new MemoryWireOptions { Mode = mode, QueuesA = workers, QueuesB = workers, Concurrent = concurrent, Toeplitz = new Toeplitz(SymmetricKey()) };
        wire = new MemoryWire(hashes ? options with { Features = options.Features | NicFeatures.ReceiveHash } : options);
        if (workers == 1)
        {
            var (atServer, atClient) = (new ScalingTally(), new ScalingTally());
            var server = new OneWorkerServer(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Tally = atServer });
            var client = new OneWorkerClient(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Tally = atClient });
            pairs.Add(new WorkerPair(server, client, client.Tcp, client.Udp, atServer, atClient));
        }
        else
        {
            var (servers, clients) = (new WorkerGroup(workers, wire.A), new WorkerGroup(workers, wire.B));
            Owners = servers.Owners;
            for (var i = 0; i < workers; i++)
            {
                var (atServer, atClient) = (new ScalingTally(), new ScalingTally());
                var server = new TwoWorkerServer(new() { Nic = wire.A, Entropy = new Entropy(1, 2), Group = servers, Worker = i, Tally = atServer });
                var client = new TwoWorkerClient(new() { Nic = wire.B, Entropy = new Entropy(3, 4), Group = clients, Worker = i, Tally = atClient });
                pairs.Add(new WorkerPair(server, client, client.Tcp, client.Udp, atServer, atClient));
            }
        }

        Begin();
    }

    public string Name { get; }

    public IReadOnlyList<WorkerPair> Pairs => pairs;

    /// <summary>Flows each worker of the server has.</summary>
    public int[] FlowsOfWorkers { get; private set; } = [];

    /// <summary>Packets that reached another worker than their flow's.</summary>
    public long Strays => pairs.Sum(static pair => pair.Server.Ledger.SteeredOut + pair.Client.Ledger.SteeredOut);

    private FlowOwners? Owners { get; }

    public long UnitsOf(WorkerPair pair) => workload switch
    {
        Workload.Bulk => pair.AtServer.Units,
        Workload.Requests => pair.AtClient.Units,
        _ => pair.AtServer.Units + pair.AtClient.Units,
    };

    public void Dispose()
    {
        foreach (var pair in pairs)
        {
            pair.Server.Dispose();
            pair.Client.Dispose();
        }

        wire.Dispose();
    }

    /// <summary>Opens every flow and sees each at work.</summary>
    private void Begin()
    {
        if (workload == Workload.Datagrams)
        {
            ThrowDatagrams();
        }
        else
        {
            var (application, port) = workload == Workload.Bulk ? (0, 80) : (1, 81);
            for (var i = 0; i < Flows; i++)
            {
                var result = pairs[i % pairs.Count].Tcp.Connect(application, new InetEndpoint(Server, (ushort)port), out _);
                if (result != TcpConnectResult.Opening)
                {
                    throw new InvalidOperationException($"Connection {i} says {result}.");
                }
            }

            PollAll(20_000);
            FlowsOfWorkers = new int[pairs.Count];
            FlowsOfWorkers[0] = Flows;
            Owners?.CountFlows(FlowsOfWorkers);
        }

        if (FlowsOfWorkers.Sum() != Flows || pairs.Any(pair => UnitsOf(pair) == 0))
        {
            throw new InvalidOperationException($"Of {Flows} flows the workers have {string.Join(" and ", FlowsOfWorkers)}.");
        }
    }

    private void ThrowDatagrams()
    {
        FlowsOfWorkers = new int[pairs.Count];
        for (var flow = 0; flow < Flows; flow++)
        {
            var local = new InetEndpoint(Client, (ushort)(ClientPort + flow % Ports));
            var remote = new InetEndpoint(Server, (ushort)(ServerPort + flow / Ports));
            var worker = wire.A.Rss is { } table ? table.QueueOf(table.Hash.Of(local.Address, remote.Address, local.Port, remote.Port)) : 0;
            FlowsOfWorkers[worker]++;
            for (var i = 0; i < VolleysInFlight; i++)
            {
                if (!pairs[worker].Udp.TrySend(local, remote, pairs[worker].AtClient.Chunk.AsSpan(0, Requester.Length)))
                {
                    throw new InvalidOperationException("There was no room for a first datagram.");
                }
            }

            // the first waits for the neighbour
            PollAll(100);
        }
    }

    private void PollAll(int times)
    {
        for (var i = 0; i < times; i++)
        {
            foreach (var pair in pairs)
            {
                pair.Poll();
            }
        }
    }

    /// <summary>A key that repeats every 16 bits, by which both directions of a flow hash alike (Woo and Park, 2012).</summary>
    private static byte[] SymmetricKey()
    {
        var key = new byte[Toeplitz.KeyLength];
        for (var i = 0; i < key.Length; i++)
        {
            key[i] = (byte)(i % 2 == 0 ? 0x6D : 0x5A);
        }

        return key;
    }
}
