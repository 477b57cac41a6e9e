namespace Millrace.Tcp;

/// <summary>
/// What an application has chosen for a connection. Most choose nothing, so it is an entry of a table of its own, of which only what is used
/// is there (<see cref="TcpTraits.OptionsSet"/>).
/// </summary>
internal struct SocketOptions
{
    public bool KeepAlive;
    public byte KeepCount;
    public byte SynCount;

    /// <summary>Retransmissions of a SYN-ACK that data is waited for; of a client anything that is not 0.</summary>
    public byte DeferAccept;
    public short Linger2;
    public ushort KeepIdle;
    public ushort KeepInterval;

    /// <summary>Bytes of a segment at most, 0 for no such bound (tcp_rx_opt's user_mss).</summary>
    public ushort MaximumSegment;

    /// <summary>Milliseconds, 0 for none.</summary>
    public int UserTimeout;

    /// <summary>Bytes, 0 for what the stack is set to.</summary>
    public int NotSentLowat;

    /// <summary>The application's bound of <see cref="TcpConnection.WindowClamp"/>; 0 for none.</summary>
    public int WindowClamp;
}
