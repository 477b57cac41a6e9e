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

    /// <summary>
    /// Pages of 4096 bytes that all connections together may hold: below the first there is no memory pressure, above the second
    /// there is, above the third a connection gets its minimum and no more: <c>"1024 2048 4096"</c>.
    /// </summary>
    public string? Mem { get; set; }

    /// <inheritdoc cref="ISocketMemorySettings.RmemMax"/>
    public int RmemMax { get; set; }

    /// <inheritdoc cref="ISocketMemorySettings.WmemMax"/>
    public int WmemMax { get; set; }
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

    /// <summary>
    /// Memory of all connections, in pages of 4096 bytes: where pressure ends, where it begins, and what only guaranteed minimums
    /// go beyond. The sockets' share of the arena bounds it: the last by what the share has beside the minimums, the others by
    /// two thirds and a half of that, as Linux derives them from the machine's memory. The default is Linux's for 64 GiB, so
    /// there the share decides.
    /// </summary>
    [Default("786432 1048576 1572864", Source = "tcp_mem")]
    [SameIn(KernelProfile.Linux_3_18)]
    [HostWide]
    MemoryLimits Mem { get; }

    /// <summary>Bytes that a connection may ask for as its receive buffer; it gets twice what it asks for.</summary>
    [Default(4_194_304, Source = "rmem_max")]
    [Default(212_992, Profile = KernelProfile.Linux_3_18, Source = "rmem_max")]
    [Allowed(2_112, 1 << 29)]
    int RmemMax { get; }

    /// <summary>Bytes that a connection may ask for as its send buffer; it gets twice what it asks for.</summary>
    [Default(4_194_304, Source = "wmem_max")]
    [Default(212_992, Profile = KernelProfile.Linux_3_18, Source = "wmem_max")]
    [Allowed(4_224, 1 << 29)]
    int WmemMax { get; }
}
