using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>What applications ask of a connection; what they write is in the send queue's file, how they end it with the closing.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications>
{
    public override bool TryGet(TcpSocketId id, out TcpSocket socket)
    {
        var isOpen = !id.IsNone && (uint)id.Index < (uint)connections.Length && IsAlive(id.Index, id.Generation)
            && connections[id.Index].HasSlot;
        socket = isOpen ? new TcpSocket(this, id.Index) : default;
        return isOpen;
    }

    public override TcpSocketId IdOf(int index) => new(index, connections[index].Generation);

    public override InetEndpoint LocalOf(int index) => new(connections[index].LocalAddress, connections[index].LocalPort);

    public override InetEndpoint RemoteOf(int index) => new(connections[index].RemoteAddress, connections[index].RemotePort);

    public override TcpState StateOf(int index) => connections[index].State;

    public override int ReadableOf(int index) => connections[index].Readable;

    public override bool IsPeerClosed(int index) => connections[index].Has(TcpTraits.PeerClosed);

    public override void SetNoDelay(int index, bool value)
    {
        connections[index].Set(TcpTraits.NoDelay, value);
        if (value && !connections[index].SendNext.IsNone)
        {
            List(index);
        }
    }

    public override ReadOnlySpan<byte> Peek(int index)
    {
        ref var connection = ref connections[index];
        return connection.ReceiveHead.IsNone ? default : arena.Data(connection.ReceiveHead);
    }

    public override void Consume(int index, int count)
    {
        ref var connection = ref connections[index];
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)connection.Readable, nameof(count));
        connection.Readable -= count;
        var left = count;
        while (left > 0)
        {
            var frame = connection.ReceiveHead;
            ref var metadata = ref arena.Metadata(frame);
            var taken = Math.Min(left, (int)metadata.DataLength);
            left -= taken;
            metadata.DataOffset = (ushort)(metadata.DataOffset + taken);
            metadata.DataLength = (ushort)(metadata.DataLength - taken);
            if (metadata.DataLength == 0)
            {
                RemoveFirstReceived(ref connection, ref metadata);
            }
        }

        if (connection.Has(TcpTraits.Detached))
        {
            if (connection.Readable == 0 && connection.State is TcpState.TimeWait or TcpState.Closed)
            {
                Demand(index, TcpPending.End);
            }

            return;
        }

        if (count > 0 && !connection.Has(TcpTraits.PeerClosed))
        {
            ModerateReceiveBuffer(ref connection);
            OpenWindow(index, ref connection);
        }
    }

    private void RemoveFirstReceived(ref TcpConnection connection, ref FrameMetadata metadata)
    {
        var frame = connection.ReceiveHead;
        connection.ReceiveHead = metadata.NextFragment;
        if (connection.ReceiveHead.IsNone)
        {
            connection.ReceiveTail = Frame.None;
        }

        UnchargeReceive(ref connection, metadata.Truesize);
        arena.Release(frame, Holders.ReceiveQueue);
    }
}
