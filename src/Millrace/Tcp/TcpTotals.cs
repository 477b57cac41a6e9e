namespace Millrace.Tcp;

/// <summary>
/// What a connection has moved that its sequence numbers do not say: what went twice, and what lies more than a quarter of the sequence space
/// behind. Most have none of it, so it is an entry of a table of its own (<see cref="TcpTraits.Counted"/>).
/// </summary>
internal struct TcpTotals
{
    /// <summary>Bytes acknowledged up to <see cref="TcpConnection.Iss"/>, which was moved on by them.</summary>
    public ulong Acknowledged;

    /// <summary>Bytes received up to <see cref="TcpConnection.Irs"/>.</summary>
    public ulong Received;
    public ulong RetransmittedBytes;
    public uint RetransmittedSegments;

    /// <summary>Bytes of payload that a path is taken to let through which swallows more (RFC 4821); 0 for no such suspicion.</summary>
    public ushort BlackHoleMss;
}
