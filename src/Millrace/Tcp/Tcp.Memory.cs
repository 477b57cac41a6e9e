using System.Runtime.CompilerServices;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <content>
/// The account of all connections' queues, by truesize, and what is granted by it (tcp_mem; net/core/sock.c,
/// __sk_mem_raise_allocated). The third limit is no more than the sockets' share of the arena less what is kept back for
/// guaranteed minimums, so these can be kept: readers who do not read leave the others running.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>Frames kept back for each connection of an application: two to receive and two to send.</summary>
    private const int GuaranteedFramesEach = 4;

    private const int GuaranteedFramesToReceive = 2;

    private const int GuaranteedTruesize = GuaranteedFramesToReceive * Arena.FrameTruesize;

    /// <summary>Bytes of the unit of tcp_mem.</summary>
    private const long PageLength = 4096;

    /// <summary>At most half of the share, however many connections are declared.</summary>
    private readonly int guaranteedFrames;

    /// <summary>The rest of the share, in bytes of truesize.</summary>
    private readonly long mostMemory;

    private bool isUnderPressure;
    private long pressureSince;

    public override bool IsUnderMemoryPressure => isUnderPressure;

    // the kernel's ratio of the three, ¾ to 1 to 1½, where the share bounds them (tcp_init_mem)
    private long LowMemory
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Math.Min(memory.Mem.Minimum * PageLength, mostMemory / 2);
    }

    private long PressureMemory => Math.Min(memory.Mem.Default * PageLength, mostMemory * 2 / 3);

    private long HighMemory => Math.Min(memory.Mem.Maximum * PageLength, mostMemory);

    private int GuaranteedToReceive => Math.Max(memory.Rmem.Minimum, GuaranteedTruesize);

    private int GuaranteedToSend => Math.Max(memory.Wmem.Minimum, GuaranteedTruesize);

    /// <summary>
    /// Whether only minimums are granted. The share may be short before the account is: reassembly and NICs have of it too.
    /// </summary>
    private bool IsOverHigh => isUnderPressure
        && (arena.SocketMemory + Arena.FrameTruesize > HighMemory || arena.Available(Share.Sockets) <= guaranteedFrames);

    /// <summary>Whether a connection's send queue may have another frame.</summary>
    private bool MaySend(ref TcpConnection connection) =>
        MayCharge(ref connection, connection.WmemQueued, GuaranteedToSend, Arena.FrameTruesize);

    /// <summary>
    /// Whether the queues of a connection may keep a packet that came in. A merged packet is judged by all of its frames: let
    /// in by its first, a thousand readers who do not read would share out what is kept back for the others.
    /// </summary>
    private bool MayKeep(ref TcpConnection connection, int truesize) =>
        MayCharge(ref connection, connection.RmemAlloc, GuaranteedToReceive, truesize);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool MayCharge(ref TcpConnection connection, int held, int guaranteed, int truesize)
    {
        if (!isUnderPressure && arena.SocketMemory + truesize <= LowMemory && !IsShareShort(truesize))
        {
            return true;
        }

        return MayChargeMore(ref connection, held, guaranteed, truesize);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool MayChargeMore(ref TcpConnection connection, int held, int guaranteed, int truesize)
    {
        var after = arena.SocketMemory + truesize;
        var isShort = IsShareShort(truesize);
        if (after <= LowMemory && !isShort)
        {
            LeavePressure();
            return true;
        }

        if (after > PressureMemory || isShort)
        {
            EnterPressure();
        }

        if (held + truesize <= guaranteed)
        {
            return true;
        }

        // those that have less than their part of the whole may have more
        return after <= HighMemory && !isShort
            && (!isUnderPressure || (connection.WmemQueued + connection.RmemAlloc + (long)truesize) * ConnectionsInUse < HighMemory);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsShareShort(int truesize) =>
        arena.Available(Share.Sockets) - (truesize / Arena.FrameTruesize) < guaranteedFrames;

    private int ConnectionsInUse => connections.Length - freeConnectionCount;

    /// <summary>How many frames <see cref="MaySend(ref TcpConnection)"/> would grant one after another.</summary>
    private int FramesToSend(ref TcpConnection connection)
    {
        const int Frame = Arena.FrameTruesize;
        var used = arena.SocketMemory;
        var free = Math.Max(arena.Available(Share.Sockets) - guaranteedFrames, 0);
        var endsPressure = !isUnderPressure || used + Frame <= LowMemory;
        var untilPressure = endsPressure ? (PressureMemory - used) / Frame : 0;
        var part = ((HighMemory - 1) / Math.Max(ConnectionsInUse, 1)) - connection.WmemQueued - connection.RmemAlloc;
        var fair = Math.Min(part, HighMemory - used) / Frame;
        var granted = Math.Min(Math.Max(untilPressure, fair), free);
        var guaranteed = Math.Min((GuaranteedToSend - connection.WmemQueued) / Frame, arena.Available(Share.Sockets));
        return (int)Math.Max(Math.Max(granted, guaranteed), 0);
    }

    private void ChargeReceive(ref TcpConnection connection, int truesize)
    {
        connection.RmemAlloc += truesize;
        arena.SocketMemory += truesize;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void UnchargeReceive(ref TcpConnection connection, int truesize)
    {
        connection.RmemAlloc -= truesize;
        Uncharge(truesize);
    }

    private void ChargeSend(ref TcpConnection connection, int truesize)
    {
        connection.WmemQueued += truesize;
        arena.SocketMemory += truesize;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void UnchargeSend(ref TcpConnection connection, int truesize)
    {
        connection.WmemQueued -= truesize;
        Uncharge(truesize);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Uncharge(int truesize)
    {
        arena.SocketMemory -= truesize;
        if (isUnderPressure)
        {
            LeavePressureIfOver();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LeavePressureIfOver()
    {
        if (arena.SocketMemory < LowMemory && !IsShareShort(0))
        {
            LeavePressure();
        }
    }

    private void EnterPressure()
    {
        if (!isUnderPressure)
        {
            isUnderPressure = true;
            pressureSince = now;
            counters.TCPMemoryPressures++;
        }
    }

    private void LeavePressure()
    {
        if (isUnderPressure)
        {
            isUnderPressure = false;
            counters.TCPMemoryPressuresChrono += (now - pressureSince) / Millisecond;
        }
    }

    private int TruesizeOf(Frame packet)
    {
        var truesize = 0;
        for (var frame = packet; !frame.IsNone; frame = arena.Metadata(frame).NextFragment)
        {
            truesize += arena.Metadata(frame).Truesize;
        }

        return truesize;
    }
}
