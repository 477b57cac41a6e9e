using Millrace.Tcp;

namespace Millrace.Sockets;

/// <content>What a socket has chosen: it may do so before it has a connection, and a listener for those that come.</content>
internal sealed partial class BsdStream
{
    private readonly int?[] chosen = new int?[OptionCount];
    private const int OptionCount = (int)TcpOption.MaximumPacingRate + 1;

    private bool noDelay;
    private bool lingers;
    private int lingerSeconds;
    private int receiveBuffer = -1;
    private int sendBuffer = -1;
    private int windowClamp;
    private int fastOpenQueue;

    /// <summary>SO_OOBINLINE.</summary>
    private bool isUrgentInline;

    /// <summary>SO_RCVLOWAT.</summary>
    private int receiveLowat = 1;

    /// <summary>SO_PEEK_OFF: where MSG_PEEK begins; below 0 at what is unread.</summary>
    private int peekOffset = -1;

    private int Choose(TcpOption option, int number)
    {
        if (!Tcp.IsAllowed(option, number))
        {
            return Fail(Errno.EINVAL);
        }

        chosen[(int)option] = number;
        TellOptions();
        if (Tcp.TryGet(id, out var socket))
        {
            socket.TrySet(option, number);
        }

        return 0;
    }

    private int OptionOf(TcpOption option)
    {
        if (Tcp.TryGet(id, out var socket))
        {
            return socket.Get(option);
        }

        return chosen[(int)option] is { } value ? Tcp.ValueFor(option, value) : Tcp.DefaultOf(option);
    }

    private void Inherit(BsdStream listener)
    {
        listener.chosen.CopyTo(chosen, 0);
        noDelay = listener.noDelay;
        lingers = listener.lingers;
        lingerSeconds = listener.lingerSeconds;
        receiveBuffer = listener.receiveBuffer;
        sendBuffer = listener.sendBuffer;
        windowClamp = listener.windowClamp;
        isUrgentInline = listener.isUrgentInline;
        receiveLowat = listener.receiveLowat;
        peekOffset = listener.peekOffset;
    }

    /// <summary>What TCP has to know of a listener before there is a socket.</summary>
    private void TellOptions()
    {
        if (IsListening)
        {
            Tcp.TryChangeListener(LocalPort, new TcpListenerOptions
            {
                Backlog = Math.Max(backlog, 1),
                FastOpenQueue = fastOpenQueue,

                // what is not chosen is 0 there, and no buffer is smaller than the least
                ReceiveBuffer = receiveBuffer < 0 ? 0 : Math.Max(receiveBuffer, 1),
                SendBuffer = sendBuffer < 0 ? 0 : Math.Max(sendBuffer, 1),
                WindowClamp = windowClamp,
                MaximumSegment = chosen[(int)TcpOption.MaximumSegment] ?? 0,
                DeferAcceptSeconds = chosen[(int)TcpOption.DeferAccept] ?? 0,
            });
        }
    }

    /// <summary>Gives a connection that has just been made what its socket has chosen.</summary>
    private void ApplyOptions(TcpSocket socket)
    {
        for (var option = 0; option < OptionCount; option++)
        {
            if (chosen[option] is { } value)
            {
                socket.TrySet((TcpOption)option, value);
            }
        }

        if (noDelay)
        {
            socket.SetNoDelay(true);
        }

        if (receiveBuffer >= 0)
        {
            socket.SetReceiveBuffer(receiveBuffer);
        }

        if (sendBuffer >= 0)
        {
            socket.SetSendBuffer(sendBuffer);
        }

        if (windowClamp > 0)
        {
            socket.SetWindowClamp(windowClamp);
        }

        if (receiveLowat > 1)
        {
            Tcp.SetReceiveLowat(socket.Index, receiveLowat);
        }
    }
}
