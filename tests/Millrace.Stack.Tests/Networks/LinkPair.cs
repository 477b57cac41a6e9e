using Millrace.Ip;
using Millrace.Tcp;
using Millrace.Testing;
using Millrace.Testing.Networks;

namespace Millrace.Stack.Tests.Networks;

/// <summary>A client and a server on one link: the least network.</summary>
internal sealed class LinkPair : IDisposable
{
    /// <summary>Longer than any buffer of a link here, so that links lose and hosts do not wait.</summary>
    private const int RingSize = 4_096;

    private readonly Host? client;

    /// <param name="isReplay">The server is alone; what it hears comes from a capture.</param>
    public LinkPair(LinkOptions options, (string Name, string Value)? setting = null, bool isReplay = false, CongestionHosts? hosts = null, long upload = 300_000, bool checks = true, ulong seed = 1)
    {
        Network = new VirtualTimeNetwork { Seed = seed };
        hosts ??= CongestionHosts.All[0];
        Link = Network.NewLink(options);
        var (clientNic, serverEntropy, clientEntropy) = (Link.Left.NewNic(RingSize), Network.NewEntropy(), Network.NewEntropy());
        ServerNic = Link.Right.NewNic(RingSize);
        Server = hosts.Wide(ServerNic, serverEntropy, Plan(0, 2, 1, checks));
        Network.Add(Server.Stack);
        Server.Ipv4.SetAddress(0, InterfaceAddress.Parse("10.0.0.101/24"));
        if (!isReplay)
        {
            client = hosts.Wide(clientNic, clientEntropy, Plan(upload, 1, 2, checks));
            Network.Add(client.Stack);
        }

        if (setting is { } given)
        {
            Server.Write(given.Name, given.Value);
            Client.Write(given.Name, given.Value);
        }

        Network.Settle();
    }

    public VirtualTimeNetwork Network { get; }

    public Link Link { get; }

    public LinkNic ServerNic { get; }

    public Host Server { get; }

    public Host Client => client ?? throw new InvalidOperationException("A replay has no client.");

    /// <summary>Opens a connection over which the client sends.</summary>
    public void Open()
    {
        Client.Stack.Advance(Network.Now);
        Assert.Equal(TcpConnectResult.Opening, Client.Tcp.Connect(0, Server.Port80, out _));
    }

    public void Dispose()
    {
        client?.Stack.Dispose();
        Server.Stack.Dispose();
    }

    private static ExchangePlan Plan(long send, int sendStream, int receiveStream, bool checks) =>
        new() { SendLength = send, ReceiveLength = 0, SendStream = sendStream, ReceiveStream = receiveStream, WriteLength = 65_536, Checks = checks };
}
