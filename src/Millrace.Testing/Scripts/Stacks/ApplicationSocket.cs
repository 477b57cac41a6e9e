using Millrace.Sockets;

namespace Millrace.Testing.Scripts.Stacks;

/// <summary>What the BSD shape of a socket needs to know beside the connection.</summary>
internal sealed class ApplicationSocket
{
    public const int Application = 0;

    /// <summary>The connection; none of a socket that is fresh or listens.</summary>
    public TcpSocketId Connection { get; set; }

    public ushort Port { get; set; }

    public bool IsListening { get; set; }

    public int FastOpenQueue { get; set; }

    /// <summary>Connections that wait to be accepted.</summary>
    public Queue<ApplicationSocket> Accepted { get; } = [];

    public bool IsConnecting { get; set; }

    public bool IsConnected { get; set; }

    /// <summary>Whether a connect that was made meanwhile has been told so: the first call after it returns 0.</summary>
    public bool IsConnectTold { get; set; }

    public bool IsPeerClosed { get; set; }

    public bool IsWriteShut { get; set; }

    public bool IsReadShut { get; set; }

    /// <summary>The connection is over.</summary>
    public bool IsClosed { get; set; }

    /// <summary>The error that the next call is told (sk_err), as a positive number.</summary>
    public int Error { get; set; }

    /// <summary>SO_LINGER with a time of 0: a close is a reset.</summary>
    public bool ClosesByReset { get; set; }

    /// <summary>Options that were set before there was a connection; an accepted one inherits its listener's.</summary>
    public List<(string Name, int Value)> Options { get; init; } = [];

    public int TakeError()
    {
        var error = Error;
        Error = 0;
        return error;
    }
}
