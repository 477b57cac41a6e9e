namespace Millrace.Testing.Scripts;

/// <summary>The calls that scripts know, with how many arguments.</summary>
internal static class SocketCalls
{
    public static readonly Dictionary<string, (int Least, int Most, string Form)> Known = new()
    {
        ["socket"] = (0, 0, "s = socket()"),
        ["bind"] = (2, 2, "bind(s, port)"),
        ["listen"] = (2, 2, "listen(s, backlog)"),
        ["accept"] = (1, 1, "c = accept(s)"),
        ["connect"] = (1, 2, "connect(s) or connect(s, flow)"),
        ["read"] = (2, 2, "read(c, bytes)"),
        ["write"] = (2, 2, "write(c, bytes)"),
        ["recv"] = (3, 3, "recv(c, bytes, flags), such as recv(c, 100, MSG_PEEK)"),
        ["send"] = (3, 3, "send(c, bytes, flags), such as send(c, 100, MSG_MORE)"),
        ["sendto"] = (3, 4, "sendto(s, bytes, MSG_FASTOPEN) or sendto(s, bytes, MSG_FASTOPEN, flow)"),
        ["close"] = (1, 1, "close(c)"),
        ["shutdown"] = (2, 2, "shutdown(c, SHUT_WR)"),
        ["setsockopt"] = (3, 4, "setsockopt(c, TCP_NODELAY, 1)"),
        ["getsockopt"] = (2, 2, "getsockopt(c, SO_ERROR) -> 0"),
        ["ioctl"] = (2, 2, "ioctl(c, SIOCINQ) -> 100"),
        ["poll"] = (1, 1, "poll(c) -> IN|OUT"),
    };

    public static readonly Dictionary<string, (int Level, int Name)> Options = new()
    {
        ["SO_REUSEADDR"] = (1, 2), ["SO_ERROR"] = (1, 4), ["SO_SNDBUF"] = (1, 7), ["SO_RCVBUF"] = (1, 8), ["SO_KEEPALIVE"] = (1, 9),
        ["SO_OOBINLINE"] = (1, 10), ["SO_LINGER"] = (1, 13), ["SO_RCVLOWAT"] = (1, 18), ["SO_PEEK_OFF"] = (1, 42), ["SO_BUSY_POLL"] = (1, 46),
        ["TCP_NODELAY"] = (6, 1), ["TCP_MAXSEG"] = (6, 2), ["TCP_CORK"] = (6, 3), ["TCP_KEEPIDLE"] = (6, 4),
        ["TCP_KEEPINTVL"] = (6, 5), ["TCP_KEEPCNT"] = (6, 6), ["TCP_SYNCNT"] = (6, 7), ["TCP_LINGER2"] = (6, 8),
        ["TCP_DEFER_ACCEPT"] = (6, 9), ["TCP_WINDOW_CLAMP"] = (6, 10), ["TCP_QUICKACK"] = (6, 12), ["TCP_USER_TIMEOUT"] = (6, 18),
        ["TCP_FASTOPEN"] = (6, 23), ["TCP_NOTSENT_LOWAT"] = (6, 25), ["TCP_FASTOPEN_CONNECT"] = (6, 30),
        ["TCP_FASTOPEN_NO_COOKIE"] = (6, 34), ["IP_MTU_DISCOVER"] = (0, 10), ["IP_TTL"] = (0, 2), ["IP_TOS"] = (0, 1),
    };

    public static readonly Dictionary<string, int> MessageFlags = new()
    {
        ["MSG_OOB"] = 1, ["MSG_PEEK"] = 2, ["MSG_TRUNC"] = 0x20, ["MSG_DONTWAIT"] = 0x40, ["MSG_EOR"] = 0x80, ["MSG_WAITALL"] = 0x100,
        ["MSG_MORE"] = 0x8000, ["MSG_FASTOPEN"] = 0x2000_0000,
    };

    /// <summary>poll(2)'s bits in the order in which scripts write them.</summary>
    public static readonly (string Name, short Bit)[] PollBits =
        [("IN", 0x1), ("PRI", 0x2), ("OUT", 0x4), ("RDHUP", 0x2000), ("ERR", 0x8), ("HUP", 0x10)];

    /// <summary>States in the numbers of include/net/tcp_states.h.</summary>
    public static readonly string[] States =
    [
        "CLOSED", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK",
        "LISTEN", "CLOSING", "SYN_RECV",
    ];

    public static int FlagsOf(string text) => text == "0" ? 0 : text.Split('|').Sum(flag => MessageFlags.TryGetValue(flag, out var bit)
        ? bit
        : throw new ScriptUnsupportedException($"'{flag}' is no flag that is known here; there are {string.Join(", ", MessageFlags.Keys)}"));
}

/// <summary>Something that a script asks for and the system under test has not got, or nobody has.</summary>
public sealed class ScriptUnsupportedException(string message) : Exception(message);
