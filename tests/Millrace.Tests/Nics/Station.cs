using System.Buffers.Binary;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Nics;

namespace Millrace.Tests.Nics;

/// <summary>What a stack does with one queue of a NIC, and nothing else: post, send, receive, reclaim.</summary>
internal sealed class Station : IDisposable
{
    private readonly Frame[] burst = new Frame[64];

    public Station(Nic nic, int receive = 256, int reserve = 64, int sockets = 2048, int queue = 0)
    {
        Arena = new Arena(receive, reserve, sockets);
        Queue = nic.Open(queue, Arena);
        Refill();
    }

    public Arena Arena { get; }

    public NicQueue Queue { get; }

    public void Refill()
    {
        while (Queue.Vacant > 0 && Arena.TryAllocate(Share.Receive, Holders.ReceiveRing, out var frame))
        {
            Queue.Post([frame]);
        }
    }

    /// <summary>A packet of the given bytes, over frames of at most the given length, held by the transmit ring.</summary>
    public Frame Make(ReadOnlySpan<byte> bytes, int frameLength = Millrace.Memory.Arena.Stride - Millrace.Memory.Arena.Headroom)
    {
        Frame head = Frame.None, last = Frame.None;
        var total = bytes.Length;
        while (!bytes.IsEmpty)
        {
            Assert.True(Arena.TryAllocate(Share.Sockets, Holders.TransmitRing, out var frame));
            ref var metadata = ref Arena.Metadata(frame);
            metadata.DataLength = (ushort)Math.Min(frameLength, bytes.Length);
            bytes[..metadata.DataLength].CopyTo(Arena.Data(frame));
            bytes = bytes[metadata.DataLength..];
            if (head.IsNone)
            {
                head = frame;
            }
            else
            {
                Arena.Metadata(last).NextFragment = frame;
            }

            last = frame;
        }

        Arena.Metadata(head).TotalLength = total;
        return head;
    }

    public bool TrySend(Frame packet, long now) => Queue.Transmit([packet], now) == 1;

    public void Send(ReadOnlySpan<byte> bytes, long now) => Assert.True(TrySend(Make(bytes), now));

    /// <summary>Reclaims and releases what is complete.</summary>
    public int Reclaim(long now)
    {
        var total = 0;
        int count;
        while ((count = Queue.Reclaim(burst, now)) > 0)
        {
            for (var i = 0; i < count; i++)
            {
                Arena.ReleaseChain(burst[i], Holders.TransmitRing);
            }

            total += count;
        }

        return total;
    }

    /// <summary>One packet that has come in, or none.</summary>
    public Frame Receive(long now) => Queue.Receive(burst.AsSpan(0, 1), now) == 1 ? burst[0] : Frame.None;

    public void Free(Frame packet) => Arena.ReleaseChain(packet, Holders.Loop);

    /// <summary>Receives and frees everything there is.</summary>
    public int Swallow(long now)
    {
        var total = 0;
        int count;
        while ((count = Queue.Receive(burst, now)) > 0)
        {
            for (var i = 0; i < count; i++)
            {
                Free(burst[i]);
            }

            total += count;
            Refill();
        }

        return total;
    }

    public byte[] Bytes(Frame packet)
    {
        var bytes = new List<byte>();
        for (var frame = packet; !frame.IsNone; frame = Arena.Metadata(frame).NextFragment)
        {
            bytes.AddRange(Arena.Data(frame));
        }

        return [.. bytes];
    }

    /// <summary>A frame to the given length with a counter and a pattern behind an Ethernet header.</summary>
    public static byte[] Pattern(int length, int number)
    {
        var bytes = new byte[length];
        EthernetHeader.Write(bytes, new MacAddress(0x0200_0000_000B), new MacAddress(0x0200_0000_000A), (EtherType)0x88B5);
        for (var i = EthernetHeader.Length; i < length; i++)
        {
            bytes[i] = (byte)((i * 7) + number + ((number >> 8) * 13));
        }

        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(EthernetHeader.Length), number);
        return bytes;
    }

    public static int Number(ReadOnlySpan<byte> pattern) => BinaryPrimitives.ReadInt32BigEndian(pattern[EthernetHeader.Length..]);

    public void Dispose()
    {
        Queue.Drain();
        Arena.Dispose();
    }
}
