namespace Millrace.Tcp;

/// <summary>What Fast Open is about at one connection (RFC 7413).</summary>
[Flags]
internal enum FastOpenTraits : byte
{
    None = 0,

    /// <summary>Opened by this end with first data: the first SYN carries a cookie and the data, or asks for a cookie.</summary>
    Wanted = 1 << 0,

    /// <summary>The option was on the SYN, so a cookie on the SYN-ACK is an answer.</summary>
    Asked = 1 << 1,

    /// <summary>The first SYN-ACK hands out a cookie.</summary>
    Grants = 1 << 2,

    /// <summary>In the experimental form, because the SYN had it.</summary>
    Experimental = 1 << 3,

    /// <summary>The peer's SYN had a valid cookie: the application has the connection before the handshake is over.</summary>
    Accepted = 1 << 4,

    /// <summary>Data of a SYN was taken by the end it was for; it is told for as long as the connection lasts (syn_data_acked).</summary>
    SynDataTaken = 1 << 5,

    /// <summary>It came by Fast Open; as long (syn_fastopen_child).</summary>
    Child = 1 << 6,
}

/// <summary>The bits of <see cref="ITcpSettings.FastOpen"/> (include/net/tcp.h, TFO_CLIENT_ENABLE and what follows it).</summary>
[Flags]
internal enum FastOpenFlags
{
    Client = 1,
    Server = 2,

    /// <summary>Data goes on the SYN whether a cookie is known or not, and the option is not sent.</summary>
    ClientWithoutCookie = 4,

    /// <summary>Data on a SYN is accepted without a cookie.</summary>
    ServerWithoutCookie = 0x200,

    /// <summary>Every listener accepts Fast Open, up to its backlog, if it names no limit of its own.</summary>
    AllListeners = 0x400,
}
