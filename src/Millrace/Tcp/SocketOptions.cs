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
    public short Linger2;
    public ushort KeepIdle;
    public ushort KeepInterval;

    /// <summary>Milliseconds, 0 for none.</summary>
    public int UserTimeout;
}
