namespace Millrace.Tcp;

/// <summary>
/// What a connection knows beyond its own cache lines once it moves much or has lost something: an entry of a table that is shorter than
/// that of the connections, because most of them are idle.
/// </summary>
internal struct TcpTransfer<TCongestionControl>
    where TCongestionControl : unmanaged, ICongestionControl
{
    public TCongestionControl Congestion;

    /// <summary>The next free entry, while it has no connection.</summary>
    public int NextFree;
}
