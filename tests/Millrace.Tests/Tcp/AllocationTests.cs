using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class AllocationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void Sending_receiving_and_acknowledging_allocates_nothing(int segments)
    {
        var pair = new Pair(segments);
        pair.Exchange(200);
        Assert.Equal(0, Allocated.Least(() => pair.Exchange(2_000)));
        Assert.True(pair.Received > 2_000_000);
    }

    [Fact]
    public void Opening_and_closing_connections_allocates_nothing()
    {
        var pair = new Pair(1);
        for (var i = 0; i < 100; i++)
        {
            pair.Reopen();
        }

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                pair.Reopen();
            }
        }));
    }

    /// <summary>Two TCPs whose frames are copied from one arena to the other, with nothing around that allocates.</summary>
    private sealed class Pair
    {
        private readonly TcpHost client;
        private readonly TcpHost server;
        private readonly byte[] data = new byte[8192];
        private TcpSocketId id;
        private long now = 1_000_000_000;

        public Pair(int segments)
        {
            var choice = new TcpChoice { MaxGsoSegments = segments };
            client = new TcpHost(TcpWire.ClientAddress, 1, choice, new TestApplication { IsQuiet = true });
            server = new TcpHost(TcpWire.ServerAddress, 2, choice, new TestApplication { Port = 80, IsQuiet = true });
            server.Application.OnPeerClosed = static socket => socket.Close();
            Connect();
        }

        public long Received => server.Application.TotalRead;

        private void Connect()
        {
            client.Begin(now);
            client.Tcp.Connect(0, new InetEndpoint(TcpWire.ServerAddress, 80), out id);
            Turn(4);
        }

        public void Reopen()
        {
            client.Socket(id).Close();
            Turn(6);
            Connect();
        }

        public void Exchange(int rounds)
        {
            for (var i = 0; i < rounds; i++)
            {
                client.Socket(id).Write(data);
                Turn(1);
            }
        }

        private void Turn(int times)
        {
            for (var i = 0; i < times; i++)
            {
                now += 1_000_000;
                Poll(client, server);
                Poll(server, client);
            }
        }

        private void Poll(TcpHost from, TcpHost to)
        {
            from.Begin(now);
            from.Tcp.Advance(now);
            to.Begin(now);
            while (true)
            {
                var more = from.Tcp.FillOutbox(now);
                while (from.Outbox.TryTake(out var packet))
                {
                    Carry(from, to, in packet);
                }

                if (!more)
                {
                    return;
                }
            }
        }

        /// <summary>Copies a packet, frame by frame, as a wire that merges would give it.</summary>
        private static void Carry(TcpHost from, TcpHost to, in Outgoing packet)
        {
            ref var source = ref from.Arena.Metadata(packet.Frame);
            from.Ledger.Transmitted += source.WirePackets;
            var head = Frame.None;
            var last = Frame.None;
            for (var frame = packet.Frame; !frame.IsNone; frame = from.Arena.Metadata(frame).NextFragment)
            {
                Assert.True(to.Arena.TryAllocate(Share.Receive, Holders.Loop, out var copy));
                ref var metadata = ref to.Arena.Metadata(copy);
                metadata.DataOffset = 0;
                var offset = 0;
                if (head.IsNone)
                {
                    head = copy;
                    offset = TcpHost.NetworkHeaderLength;
                    TcpHost.WriteNetworkHeader(to.Arena.Slot(copy)[..offset], packet.Source, packet.Destination);
                }
                else
                {
                    to.Arena.Metadata(last).NextFragment = copy;
                }

                var bytes = from.Arena.Data(frame);
                bytes.CopyTo(to.Arena.Slot(copy)[offset..]);
                metadata.DataLength = (ushort)(offset + bytes.Length);
                last = copy;
            }

            ref var first = ref to.Arena.Metadata(head);
            first.TotalLength = source.TotalLength + TcpHost.NetworkHeaderLength;
            first.GsoSize = source.GsoSize;
            first.WirePackets = source.WirePackets;
            first.Checksum = ChecksumState.Partial;
            var length = source.TotalLength;
            from.Arena.ReleaseChain(packet.Frame, Holders.Loop);
            var verdict = to.Tcp.Receive(head, 0, TcpHost.NetworkHeaderLength, length, ref first);
            if (verdict.Kind != VerdictKind.Queued)
            {
                to.Arena.ReleaseChain(head, Holders.Loop);
            }
        }
    }
}
