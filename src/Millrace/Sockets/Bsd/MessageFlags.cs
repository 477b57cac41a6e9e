namespace Millrace.Sockets;

/// <summary>Flags of sending and receiving, with Linux's values (MSG_, include/linux/socket.h).</summary>
[Flags]
public enum MessageFlags
{
    None = 0,

    /// <summary>MSG_OOB: the last byte of what is sent is urgent; what is received is the urgent byte.</summary>
    OutOfBand = 0x1,

    /// <summary>MSG_PEEK: what is received stays.</summary>
    Peek = 0x2,

    /// <summary>MSG_DONTROUTE; without effect, as on Linux's TCP.</summary>
    DontRoute = 0x4,

    /// <summary>MSG_TRUNC: of a stream, bytes are discarded instead of copied; of a datagram, its whole length is the result.</summary>
    Truncate = 0x20,

    /// <summary>MSG_DONTWAIT: what all calls do.</summary>
    DontWait = 0x40,

    /// <summary>MSG_EOR; refused.</summary>
    EndOfRecord = 0x80,

    /// <summary>MSG_WAITALL: without effect, as on Linux with a socket that does not block.</summary>
    WaitAll = 0x100,

    /// <summary>MSG_CONFIRM; without effect.</summary>
    Confirm = 0x800,

    /// <summary>MSG_ERRQUEUE: there is no such queue, so it is always empty.</summary>
    ErrorQueue = 0x2000,

    /// <summary>MSG_NOSIGNAL: no call raises a signal.</summary>
    NoSignal = 0x4000,

    /// <summary>MSG_MORE: more is written at once, and a segment that is not full waits for it.</summary>
    More = 0x8000,

    /// <summary>MSG_ZEROCOPY; refused.</summary>
    ZeroCopy = 0x400_0000,

    /// <summary>MSG_FASTOPEN: connects with first data.</summary>
    FastOpen = 0x2000_0000,
}

/// <summary>What a socket is ready for, with Linux's values (POLL).</summary>
[Flags]
public enum PollEvents
{
    None = 0,

    /// <summary>POLLIN, with POLLRDNORM.</summary>
    In = 0x1,

    /// <summary>POLLPRI: an urgent byte has come.</summary>
    Priority = 0x2,

    /// <summary>POLLOUT, with POLLWRNORM.</summary>
    Out = 0x4,
    Error = 0x8,
    HangUp = 0x10,

    /// <summary>POLLNVAL: no such descriptor.</summary>
    Invalid = 0x20,
    ReadNormal = 0x40,
    WriteNormal = 0x100,

    /// <summary>POLLRDHUP: the peer has closed its direction, or this end no longer reads.</summary>
    ReadHangUp = 0x2000,
}
