using System.Buffers.Binary;
using Millrace.Tcp;

namespace Millrace.Sockets;

/// <content>getsockopt(2) and setsockopt(2).</content>
internal sealed partial class BsdStream
{
    private const int LingerLength = 2 * sizeof(int);

    public override int SetOption(int level, int name, ReadOnlySpan<byte> value)
    {
        if (level is not (SocketOption.SocketLevel or SocketOption.TcpLevel))
        {
            return Fail(Errno.ENOPROTOOPT);
        }

        if (!TryNumber(value, out var number))
        {
            return Fail(Errno.EINVAL);
        }

        return level == SocketOption.SocketLevel ? SetSocket(name, number, value) : SetTcp(name, number);
    }

    public override int GetOption(int level, int name, Span<byte> value)
    {
        var isLive = Tcp.TryGet(id, out var socket);
        switch (level, name)
        {
            case (SocketOption.SocketLevel, SocketOption.Type):
                return Put(value, SocketConstant.Stream);
            case (SocketOption.SocketLevel, SocketOption.Domain):
                return Put(value, SocketConstant.Inet);
            case (SocketOption.SocketLevel, SocketOption.Protocol):
                return Put(value, SocketConstant.Tcp);
            case (SocketOption.SocketLevel, SocketOption.Error):
                return Put(value, -TakeError());
            case (SocketOption.SocketLevel, SocketOption.AcceptConnections):
                return Put(value, IsListening ? 1 : 0);
            case (SocketOption.SocketLevel, SocketOption.ReuseAddress):
                return Put(value, ReusesAddress ? 1 : 0);
            case (SocketOption.SocketLevel, SocketOption.KeepAlive):
                return Put(value, OptionOf(TcpOption.KeepAlive));
            case (SocketOption.SocketLevel, SocketOption.MaximumPacingRate):
                return PutPacingRate(value, OptionOf(TcpOption.MaximumPacingRate));
            case (SocketOption.SocketLevel, SocketOption.ReceiveBuffer):
                return Put(value, isLive ? socket.ReceiveBuffer : Tcp.ReceiveBufferFor(receiveBuffer));
            case (SocketOption.SocketLevel, SocketOption.SendBuffer):
                return Put(value, isLive ? socket.SendBuffer : Tcp.SendBufferFor(sendBuffer));
            case (SocketOption.SocketLevel, SocketOption.Linger):
                return PutLinger(value);
            case (SocketOption.SocketLevel, SocketOption.OutOfBandInline):
                return Put(value, isUrgentInline ? 1 : 0);
            case (SocketOption.SocketLevel, SocketOption.ReceiveLowat):
                return Put(value, receiveLowat);
            case (SocketOption.SocketLevel, SocketOption.PeekOffset):
                return Put(value, peekOffset);
            case (SocketOption.TcpLevel, SocketOption.TcpNoDelay):
                return Put(value, noDelay ? 1 : 0);
            case (SocketOption.TcpLevel, SocketOption.TcpWindowClamp):
                return Put(value, windowClamp);
            case (SocketOption.TcpLevel, SocketOption.TcpFastOpen):
                return Put(value, fastOpenQueue);
            case (SocketOption.TcpLevel, SocketOption.TcpInfo):
                return PutInfo(value, isLive ? socket.Info : atEnd?.Value ?? default);
            case (SocketOption.TcpLevel, _) when OptionNamed(name) is { } option:
                return Put(value, OptionOf(option));
            case ( > SocketOption.SocketLevel and not SocketOption.TcpLevel, _):
                return Fail(Errno.EOPNOTSUPP);
            default:
                return Fail(Errno.ENOPROTOOPT);
        }
    }

    /// <summary>Of a listener the queues, as Linux has them there (tcp_get_info).</summary>
    private int PutInfo(Span<byte> value, TcpInfo info)
    {
        Span<byte> bytes = stackalloc byte[TcpInfoLayout.Length];
        info = IsListening ? new TcpInfo { Unacked = (uint)waiting.Count, Sacked = (uint)backlog } : info;
        TcpInfoLayout.Write(bytes, info with { State = TcpInfo.NumberOf(State) });
        return Put(value, bytes);
    }

    /// <summary>An unsigned long where there is room for one, with all bits for no bound in either size.</summary>
    private int PutPacingRate(Span<byte> value, int rate)
    {
        if (value.Length < sizeof(ulong))
        {
            return Put(value, rate);
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, rate == -1 ? ulong.MaxValue : (uint)rate);
        return Put(value, bytes);
    }

    /// <summary>What is faster than 32 bits can say is not bounded.</summary>
    private static int PacingRate(ReadOnlySpan<byte> value) => unchecked((int)(uint)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(value), uint.MaxValue));

    private int PutLinger(Span<byte> value)
    {
        Span<byte> linger = stackalloc byte[LingerLength];
        BinaryPrimitives.WriteInt32LittleEndian(linger, lingers ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(linger[sizeof(int)..], lingerSeconds);
        return Put(value, linger);
    }

    private static TcpOption? OptionNamed(int name) => name switch
    {
        SocketOption.TcpMaxSegment => TcpOption.MaximumSegment,
        SocketOption.TcpCork => TcpOption.Cork,
        SocketOption.TcpDeferAccept => TcpOption.DeferAccept,
        SocketOption.TcpQuickAck => TcpOption.QuickAck,
        SocketOption.TcpNotSentLowat => TcpOption.NotSentLowat,
        SocketOption.TcpKeepIdle => TcpOption.KeepIdle,
        SocketOption.TcpKeepInterval => TcpOption.KeepInterval,
        SocketOption.TcpKeepCount => TcpOption.KeepCount,
        SocketOption.TcpSynCount => TcpOption.SynCount,
        SocketOption.TcpLinger2 => TcpOption.Linger2,
        SocketOption.TcpUserTimeout => TcpOption.UserTimeout,
        _ => null,
    };

    private int SetSocket(int name, int number, ReadOnlySpan<byte> value)
    {
        var isLive = Tcp.TryGet(id, out var socket);
        switch (name)
        {
            case SocketOption.ReuseAddress:
                ReusesAddress = number != 0;
                return 0;
            case SocketOption.KeepAlive:
                return Choose(TcpOption.KeepAlive, number);
            case SocketOption.MaximumPacingRate:
                return Choose(TcpOption.MaximumPacingRate, value.Length >= sizeof(ulong) ? PacingRate(value) : number);
            case SocketOption.ReceiveBuffer:
                // a negative number is a large one to the kernel, which bounds it
                receiveBuffer = number < 0 ? int.MaxValue : number;
                if (isLive)
                {
                    socket.SetReceiveBuffer(receiveBuffer);
                }

                TellOptions();
                return 0;
            case SocketOption.SendBuffer:
                sendBuffer = number < 0 ? int.MaxValue : number;
                if (isLive)
                {
                    socket.SetSendBuffer(sendBuffer);
                }

                TellOptions();
                return 0;
            case SocketOption.OutOfBandInline:
                isUrgentInline = number != 0;
                return 0;
            case SocketOption.ReceiveLowat:
                receiveLowat = Tcp.SetReceiveLowat(isLive ? socket.Index : -1, number < 0 ? int.MaxValue : number);
                return 0;
            case SocketOption.PeekOffset:
                peekOffset = number;
                return 0;
            case SocketOption.Linger when value.Length < LingerLength:
                return Fail(Errno.EINVAL);
            case SocketOption.Linger:
                lingers = number != 0;
                lingerSeconds = lingers ? BinaryPrimitives.ReadInt32LittleEndian(value[sizeof(int)..]) : lingerSeconds;
                return 0;
            default:
                return Fail(Errno.ENOPROTOOPT);
        }
    }

    private int SetTcp(int name, int number)
    {
        var isLive = Tcp.TryGet(id, out var socket);
        switch (name)
        {
            case SocketOption.TcpNoDelay:
                noDelay = number != 0;
                if (isLive)
                {
                    socket.SetNoDelay(noDelay);
                }

                return 0;
            case SocketOption.TcpWindowClamp when number < 0 || (number == 0 && isLive):
                return Fail(Errno.EINVAL);
            case SocketOption.TcpWindowClamp:
                windowClamp = number;
                if (isLive)
                {
                    socket.SetWindowClamp(number);
                }

                TellOptions();
                return 0;
            case SocketOption.TcpFastOpen when number < 0 || isLive:
                return Fail(Errno.EINVAL);
            case SocketOption.TcpFastOpen:
                fastOpenQueue = number;
                TellOptions();
                return 0;
            default:
                return OptionNamed(name) is { } option ? Choose(option, number) : Fail(Errno.ENOPROTOOPT);
        }
    }
}
