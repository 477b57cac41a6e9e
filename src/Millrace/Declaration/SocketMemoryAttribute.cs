using Millrace.Memory;

namespace Millrace;

/// <summary>The memory of sockets, by truesize: what packets really hold, metadata included.</summary>
[StageType(typeof(ISocketMemorySettings), Place = 2200, Summary = "limits of the sockets' receive and send buffers")]
public sealed class SocketMemoryAttribute : StageAttribute
{
    /// <summary>Minimum, default and maximum of a receive buffer, in bytes: <c>"4096 131072 33554432"</c>.</summary>
    public string? Rmem { get; set; }

    /// <summary>Minimum, default and maximum of a send buffer, in bytes: <c>"4096 16384 4194304"</c>.</summary>
    public string? Wmem { get; set; }
}

/// <summary>The settings of <see cref="SocketMemoryAttribute"/>.</summary>
public interface ISocketMemorySettings
{
    /// <summary>Receive buffer: what is granted even under memory pressure, what a connection starts with, the most.</summary>
    [Default("4096 131072 33554432", Source = "tcp_rmem")]
    [Default("4096 87380 6291456", Profile = KernelProfile.Linux_3_18, Source = "tcp_rmem")]
    MemoryLimits Rmem { get; }

    /// <summary>Send buffer: what is granted even under memory pressure, what a connection starts with, the most.</summary>
    [Default("4096 16384 4194304", Source = "tcp_wmem")]
    [SameIn(KernelProfile.Linux_3_18)]
    MemoryLimits Wmem { get; }
}
