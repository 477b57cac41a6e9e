namespace Millrace.Sockets;

/// <summary>Levels and names of socket options with Linux's values, those that sockets here know.</summary>
public static class SocketOption
{
    public const int InternetLevel = 0;
    public const int SocketLevel = 1;
    public const int TcpLevel = 6;

    // SOL_SOCKET, asm-generic/socket.h
    public const int ReuseAddress = 2;
    public const int Type = 3;
    public const int Error = 4;
    public const int Broadcast = 6;
    public const int SendBuffer = 7;
    public const int ReceiveBuffer = 8;
    public const int KeepAlive = 9;
    public const int OutOfBandInline = 10;
    public const int Linger = 13;
    public const int ReceiveLowat = 18;
    public const int AcceptConnections = 30;
    public const int Protocol = 38;
    public const int Domain = 39;
    public const int PeekOffset = 42;
    public const int MaximumPacingRate = 47;

    // IPPROTO_TCP, linux/tcp.h
    public const int TcpNoDelay = 1;
    public const int TcpMaxSegment = 2;
    public const int TcpCork = 3;
    public const int TcpKeepIdle = 4;
    public const int TcpKeepInterval = 5;
    public const int TcpKeepCount = 6;
    public const int TcpSynCount = 7;
    public const int TcpLinger2 = 8;
    public const int TcpDeferAccept = 9;
    public const int TcpWindowClamp = 10;
    public const int TcpInfo = 11;
    public const int TcpQuickAck = 12;
    public const int TcpUserTimeout = 18;
    public const int TcpFastOpen = 23;
    public const int TcpNotSentLowat = 25;
}

/// <summary>Kinds of sockets and requests to them, with Linux's values.</summary>
public static class SocketConstant
{
    public const int Inet = 2;
    public const int Stream = 1;
    public const int Datagram = 2;

    /// <summary>SOCK_NONBLOCK and SOCK_CLOEXEC, which say what is so anyway.</summary>
    public const int TypeFlags = 0x800 | 0x80000;
    public const int Tcp = 6;
    public const int Udp = 17;

    /// <summary>SIOCINQ, FIONREAD.</summary>
    public const int InQueue = 0x541B;

    /// <summary>SIOCOUTQ, TIOCOUTQ.</summary>
    public const int OutQueue = 0x5411;

    /// <summary>SIOCATMARK.</summary>
    public const int AtMark = 0x8905;

    /// <summary>SIOCOUTQNSD.</summary>
    public const int OutQueueNotSent = 0x894B;
    public const int ShutdownRead = 0;
    public const int ShutdownWrite = 1;
    public const int ShutdownBoth = 2;
}
