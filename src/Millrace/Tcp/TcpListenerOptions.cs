namespace Millrace.Tcp;

/// <summary>What a listener has chosen, most of it for the connections that come to it. 0 chooses nothing.</summary>
public readonly record struct TcpListenerOptions
{
    /// <summary>Handshakes at once, and connections that are not accepted yet, one more of each; 0 is the stack's (SoMaxConn).</summary>
    public int Backlog { get; init; }

    /// <summary>Connections whose handshake is not over, because their SYN had a valid cookie (TCP_FASTOPEN).</summary>
    public int FastOpenQueue { get; init; }

    /// <summary>SO_RCVBUF as it was asked for; the window of the SYN-ACK has it already.</summary>
    public int ReceiveBuffer { get; init; }

    /// <summary>SO_SNDBUF as it was asked for.</summary>
    public int SendBuffer { get; init; }

    /// <summary>TCP_WINDOW_CLAMP, bytes.</summary>
    public int WindowClamp { get; init; }

    /// <summary>TCP_MAXSEG, bytes.</summary>
    public int MaximumSegment { get; init; }

    /// <summary>TCP_DEFER_ACCEPT, seconds.</summary>
    public int DeferAcceptSeconds { get; init; }
}
