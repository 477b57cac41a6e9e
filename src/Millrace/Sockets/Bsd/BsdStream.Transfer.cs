using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Sockets;

/// <content>Sending, receiving, and what the socket is ready for (net/ipv4/tcp.c).</content>
internal sealed partial class BsdStream
{
    private const MessageFlags NotSent = MessageFlags.EndOfRecord | MessageFlags.ZeroCopy;

    private int Readable => Tcp.TryGet(id, out var socket) ? socket.Readable : unread.Length - unreadOffset;

    private bool IsPeerClosed => Tcp.TryGet(id, out var socket) ? socket.IsPeerClosed : isDone;

    public override int Send(ReadOnlySpan<byte> source, MessageFlags flags, InetEndpoint? remote)
    {
        if ((flags & NotSent) != 0)
        {
            return Fail(Errno.EOPNOTSUPP);
        }

        if ((flags & MessageFlags.FastOpen) != 0)
        {
            return SendFast(source, remote);
        }

        if (IsOpening)
        {
            return PendingError != Errno.None ? TakeError() : Fail(Errno.EAGAIN);
        }

        if (PendingError != Errno.None)
        {
            return TakeError();
        }

        if (isWriteShut || !Tcp.TryGet(id, out var socket)
            || socket.State is not (TcpState.Established or TcpState.CloseWait or TcpState.SynReceived))
        {
            return Fail(Errno.EPIPE);
        }

        if (source.IsEmpty)
        {
            return 0;
        }

        var written = (flags & MessageFlags.OutOfBand) != 0 ? socket.WriteUrgent(source)
            : (flags & MessageFlags.More) != 0 ? socket.WriteMore(source)
            : socket.Write(source);
        return written == 0 ? Fail(Errno.EAGAIN) : written;
    }

    public override int Receive(Span<byte> destination, MessageFlags flags, out InetEndpoint source)
    {
        source = default;
        var state = State;
        if ((flags & MessageFlags.ErrorQueue) != 0)
        {
            return Fail(Errno.EAGAIN);
        }

        if (state == TcpState.Listen)
        {
            return Fail(Errno.ENOTCONN);
        }

        if ((flags & MessageFlags.OutOfBand) != 0)
        {
            return ReceiveUrgent(destination, flags, state);
        }

        var isPeek = (flags & MessageFlags.Peek) != 0;
        var skip = isPeek ? Math.Max(peekOffset, 0) : 0;
        var available = StopAtMark(ref skip, isPeek);
        if (available > 0)
        {
            var count = Take(destination[..Math.Min(available, destination.Length)], skip, isPeek, (flags & MessageFlags.Truncate) != 0);
            MovePeekOffset(isPeek ? count : -count);
            return count;
        }

        if (IsPeerClosed)
        {
            return 0;
        }

        if (PendingError != Errno.None)
        {
            return TakeError();
        }

        return isReadShut ? 0 : Fail(state == TcpState.Closed ? Errno.ENOTCONN : Errno.EAGAIN);
    }

    public override PollEvents Ready()
    {
        var state = State;
        if (state == TcpState.Listen)
        {
            return waiting.Count > 0 ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
        }

        var isReadOver = isReadShut || IsPeerClosed;
        var ready = PollEvents.None;
        if ((isReadOver && isWriteShut) || state == TcpState.Closed)
        {
            ready |= PollEvents.HangUp;
        }

        if (isReadOver)
        {
            ready |= PollEvents.In | PollEvents.ReadNormal | PollEvents.ReadHangUp;
        }

        if (!IsOpening)
        {
            ready |= IsReadable ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None;
            ready |= isWriteShut || !Tcp.TryGet(id, out var socket) || Tcp.IsWritable(socket.Index)
                ? PollEvents.Out | PollEvents.WriteNormal
                : PollEvents.None;
        }

        ready |= TryGetUrgent(out var urgent) && urgent.State == TcpUrgentState.Received ? PollEvents.Priority : PollEvents.None;
        return PendingError != Errno.None ? ready | PollEvents.Error : ready;
    }

    public override int Name(out InetEndpoint local)
    {
        local = new InetEndpoint(LocalAddress, LocalPort);
        return 0;
    }

    public override int PeerName(out InetEndpoint remote)
    {
        remote = this.remote;
        return State is TcpState.Closed or TcpState.SynSent or TcpState.Listen ? Fail(Errno.ENOTCONN) : 0;
    }

    public override int Control(int request, out int value)
    {
        value = 0;
        if (request == SocketConstant.AtMark)
        {
            value = TryGetUrgent(out var urgent) && urgent.Mark == 0 ? 1 : 0;
            return 0;
        }

        var isKnown = request is SocketConstant.InQueue or SocketConstant.OutQueue or SocketConstant.OutQueueNotSent;
        if (!isKnown || IsListening)
        {
            return Fail(isKnown ? Errno.EINVAL : Errno.ENOTTY);
        }

        if (IsOpening)
        {
            return 0;
        }

        var isLive = Tcp.TryGet(id, out var socket);
        value = request switch
        {
            SocketConstant.InQueue => ReadableInOrder,
            _ when !isLive => 0,
            SocketConstant.OutQueue => Tcp.UnacknowledgedOf(socket.Index),
            _ => Tcp.UnsentOf(socket.Index),
        };
        return 0;
    }

    /// <summary>Whether there is so much as was asked for, or all that the window lets come (tcp_stream_is_readable).</summary>
    private bool IsReadable
    {
        get
        {
            // the mark first: what it shows was missed is no longer there to be read
            var wanted = receiveLowat + (!isUrgentInline && TryGetUrgent(out var urgent) && urgent.Mark == 0 ? 1 : 0);
            var readable = Readable;
            return readable > 0 && (readable >= wanted || !Tcp.TryGet(id, out var socket) || Tcp.IsWindowShut(socket.Index));
        }
    }

    /// <summary>SO_PEEK_OFF moves on with what was looked at, and back with what was taken (sk_peek_offset_fwd).</summary>
    private void MovePeekOffset(int count) => peekOffset = peekOffset < 0 ? peekOffset : Math.Max(peekOffset + count, 0);

    private int Take(Span<byte> destination, int skip, bool isPeek, bool isDiscard)
    {
        if (!Tcp.TryGet(id, out var socket))
        {
            if (!isDiscard)
            {
                unread.AsSpan(unreadOffset + skip, destination.Length).CopyTo(destination);
            }

            unreadOffset += isPeek ? 0 : destination.Length;
        }
        else if (isPeek)
        {
            if (!isDiscard)
            {
                Tcp.PeekAt(socket.Index, skip, destination);
            }
        }
        else if (isDiscard)
        {
            socket.Consume(destination.Length);
        }
        else
        {
            socket.Read(destination);
        }

        return destination.Length;
    }

    /// <summary>Opens the connection with first data (tcp_sendmsg_fastopen): without a cookie the data is not taken, only the cookie asked for.</summary>
    private int SendFast(ReadOnlySpan<byte> source, InetEndpoint? remote)
    {
        if (!Tcp.OffersFastOpen)
        {
            return Fail(Errno.EOPNOTSUPP);
        }

        if (progress != Progress.Unconnected || State != TcpState.Closed)
        {
            return Fail(progress == Progress.Connecting ? Errno.EALREADY : Errno.EISCONN);
        }

        if (remote is not { } destination)
        {
            return Fail(Errno.EDESTADDRREQ);
        }

        var first = Tcp.SendsFirstOnSyn(destination.Address) ? source : default;
        var opened = Open(destination, first, opensFast: true, out var written);
        return opened < 0 ? opened : written > 0 ? written : Fail(Errno.EINPROGRESS);
    }
}
