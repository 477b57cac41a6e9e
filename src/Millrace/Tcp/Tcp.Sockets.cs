using System.Runtime.CompilerServices;
using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>What applications ask of a connection; what they write is in the send queue's file, how they end it with the closing.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
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

    public override ReadOnlySpan<byte> Peek(int index)
    {
        ref var connection = ref connections[index];
        return connection.ReceiveHead.IsNone ? default : arena.Data(connection.ReceiveHead);
    }

    public override int PeekAt(int index, int offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var copied = 0;
        for (var frame = connections[index].ReceiveHead; !frame.IsNone && copied < destination.Length; frame = arena.Metadata(frame).NextFragment)
        {
            var piece = arena.Data(frame);
            if (offset >= piece.Length)
            {
                offset -= piece.Length;
                continue;
            }

            piece = piece.Slice(offset, Math.Min(piece.Length - offset, destination.Length - copied));
            piece.CopyTo(destination.Slice(copied, piece.Length));
            copied += piece.Length;
            offset = 0;
        }

        return copied;
    }

    public override bool IsWritable(int index) => MayWrite(ref connections[index]) && IsWritable(ref connections[index]);

    public override int UnacknowledgedOf(int index) => EndOfWritten(ref connections[index]) - connections[index].SndUna;

    public override int UnsentOf(int index) => Math.Max(EndOfWritten(ref connections[index]) - connections[index].SndMax, 0);

    private static SequenceNumber EndOfWritten(ref TcpConnection connection) =>
        connection.WriteSequence + (connection.Has(TcpTraits.FinQueued) ? 1 : 0);

    public override void Consume(int index, int count)
    {
        ref var connection = ref connections[index];
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)connection.Readable, nameof(count));
        for (var left = count; left > 0;)
        {
            left -= Take(ref connection, ref arena.Metadata(connection.ReceiveHead), left);
        }

        Consumed(index, ref connection, count);
    }

    public override int Read(int index, Span<byte> destination)
    {
        ref var connection = ref connections[index];
        var count = Math.Min(destination.Length, connection.Readable);
        if (count == 0)
        {
            return 0;
        }

        for (var copied = 0; copied < count;)
        {
            ref var metadata = ref arena.Metadata(connection.ReceiveHead);
            var piece = Arena.Data(ref metadata);
            piece = piece.Slice(0, Math.Min(piece.Length, count - copied));
            piece.CopyTo(destination.Slice(copied, piece.Length));
            copied += Take(ref connection, ref metadata, piece.Length);
        }

        Consumed(index, ref connection, count);
        return count;
    }

    /// <summary>Takes bytes off the first frame of the receive queue, and the frame with the last of them.</summary>
    /// <returns>How many were taken.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Take(ref TcpConnection connection, ref FrameMetadata metadata, int most)
    {
        if (most >= metadata.DataLength)
        {
            most = metadata.DataLength;
            RemoveFirstReceived(ref connection, ref metadata);
            return most;
        }

        metadata.DataOffset = (ushort)(metadata.DataOffset + most);
        metadata.DataLength = (ushort)(metadata.DataLength - most);
        return most;
    }

    /// <summary>The application has taken bytes: the window may open, the buffer grow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Consumed(int index, ref TcpConnection connection, int count)
    {
        connection.Readable -= count;
        if (count > 0 && !connection.Has(TcpTraits.PeerClosed | TcpTraits.Detached))
        {
            ModerateReceiveBuffer(ref connection);
            OpenWindow(index, ref connection);
        }
        else if (connection.Has(TcpTraits.Detached))
        {
            EndIfRead(index, ref connection);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndIfRead(int index, ref TcpConnection connection)
    {
        if (connection.Readable == 0 && connection.State is TcpState.TimeWait or TcpState.Closed)
        {
            Demand(index, TcpPending.End);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RemoveFirstReceived(ref TcpConnection connection, ref FrameMetadata metadata)
    {
        var frame = connection.ReceiveHead;
        connection.ReceiveHead = metadata.NextFragment;
        if (connection.ReceiveHead.IsNone)
        {
            connection.ReceiveTail = Frame.None;
        }

        UnchargeReceive(ref connection, metadata.Truesize);
        arena.Release(frame, ref metadata, Holders.ReceiveQueue);
    }
}
