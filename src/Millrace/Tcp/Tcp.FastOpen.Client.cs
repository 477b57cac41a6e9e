using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>
/// Fast Open for connections this end opens (RFC 7413 §4.2.1): first data goes on the SYN if a cookie of the server is known,
/// else the SYN asks for one and the data follows the handshake.
/// </content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>
    /// Bytes kept free for options on a SYN with data, those of middleboxes too (net/ipv4/tcp_output.c, tcp_send_syn_data).
    /// </summary>
    private const int SynOptionSpace = TcpHeader.MaximumLength - TcpHeader.MinimumLength;

    private readonly FastOpenCache fastOpenCache;

    private FastOpenFlags FastOpen => (FastOpenFlags)settings.FastOpen;

    public override TcpConnectResult Connect(
        int application, InetEndpoint remote, ReadOnlySpan<byte> first, out TcpSocketId id, out int written, ushort localPort = 0)
    {
        written = 0;
        var result = Connect(application, remote, out id, localPort);
        if (result != TcpConnectResult.Opening || !TryGet(id, out var socket) || socket.State != TcpState.SynSent)
        {
            return result;
        }

        ref var connection = ref connections[id.Index];
        connection.FastOpen = (FastOpen & FastOpenFlags.Client) != 0 ? FastOpenTraits.Wanted : FastOpenTraits.None;
        written = WriteFirst(id.Index, ref connection, first);
        return result;
    }

    public override bool OffersFastOpen => (FastOpen & FastOpenFlags.Client) != 0;

    public override bool SendsFirstOnSyn(InetAddress remote)
    {
        if (!OffersFastOpen || !network.TryRoute(remote, out var route)
            || (settings.FastOpenPause && fastOpenCache.IsPaused(route.Source, remote, now)))
        {
            return false;
        }

        fastOpenCache.TryGet(route.Source, remote, out var cookie, out _);
        return (FastOpen & FastOpenFlags.ClientWithoutCookie) != 0 || !cookie.IsNone;
    }

    /// <summary>Puts into the send queue what fits on a SYN, in a frame of its own.</summary>
    private int WriteFirst(int index, ref TcpConnection connection, ReadOnlySpan<byte> first)
    {
        fastOpenCache.TryGet(connection.LocalAddress, connection.RemoteAddress, out _, out var mss);
        var size = Math.Min(connection.AdvertisedMss, mss == 0 ? DefaultMss : mss) - SynOptionSpace;
        var count = Math.Min(first.Length, Math.Clamp(size, settings.MinimumSegmentSize, Arena.Stride - Arena.Headroom));
        if (count == 0 || !TryAddFrame(index, ref connection))
        {
            return 0;
        }

        ref var metadata = ref arena.Metadata(connection.SendTail);
        AppendPayload(connection.SendTail, ref metadata, first[..count], length: 0);
        metadata.SentAt = 0;
        connection.WriteSequence += count;
        return count;
    }

    /// <summary>The option of the first SYN; later ones have none, in case it is what a middlebox drops them for.</summary>
    /// <param name="carriesData">Whether what was written goes with it.</param>
    /// <returns>Bytes of options written.</returns>
    private int WriteFastOpenRequest(ref TcpConnection connection, Span<byte> options, out bool carriesData)
    {
        carriesData = false;
        if ((connection.FastOpen & FastOpenTraits.Wanted) == 0)
        {
            return 0;
        }

        if (settings.FastOpenPause && fastOpenCache.IsPaused(connection.LocalAddress, connection.RemoteAddress, now))
        {
            return 0;
        }

        if ((FastOpen & FastOpenFlags.ClientWithoutCookie) != 0)
        {
            carriesData = true;
            return 0;
        }

        fastOpenCache.TryGet(connection.LocalAddress, connection.RemoteAddress, out var cookie, out _);
        connection.FastOpen |= FastOpenTraits.Asked;
        carriesData = !cookie.IsNone;
        return new FastOpenOption { Cookie = cookie, IsExperimental = settings.FastOpenExperimental }.Write(options);
    }

    /// <summary>Copies what was written behind the header of the SYN; it stays in the queue until it is acknowledged.</summary>
    /// <returns>Bytes copied.</returns>
    private int CopyFirst(ref TcpConnection connection, Span<byte> destination)
    {
        if (connection.SendHead.IsNone)
        {
            return 0;
        }

        ref var metadata = ref arena.Metadata(connection.SendHead);
        var count = PayloadLengthOf(ref metadata);
        Arena.Slot(ref metadata).Slice(Arena.Headroom, count).CopyTo(destination);
        return count;
    }

    /// <summary>
    /// The SYN-ACK of a connection opened with first data: a cookie for the next time, and what became of data on the SYN. If
    /// it is not acknowledged it goes again behind the handshake (§4.2.1).
    /// </summary>
    private void TakeFastOpenAnswer(ref TcpConnection connection, ref TcpSegment segment)
    {
        if ((connection.FastOpen & FastOpenTraits.Asked) != 0)
        {
            TryReadFastOpen(ref segment, out var answer);
            fastOpenCache.Set(connection.LocalAddress, connection.RemoteAddress, answer.Cookie, segment.Options.MaximumSegmentSize);
            if (settings.FastOpenPause)
            {
                // neither a cookie nor an answer to the data, and a SYN had to be repeated: only the plain one got through
                var isLost = answer.Cookie.IsNone && connection.SndMax != connection.SndUna && connection.Has(TcpTraits.SynRetransmitted);
                fastOpenCache.NoteFirstSyn(connection.LocalAddress, connection.RemoteAddress, isLost, now);
            }
        }

        connection.FastOpen = FastOpenTraits.None;
        if (connection.SndMax == connection.SndUna)
        {
            return;
        }

        // RTT was measured by the SYN, and the congestion window has just been set
        connection.SndUna = segment.Acknowledgment;
        connection.SndNxt = connection.SndUna;
        FreeAcknowledged(ref connection);
        if (connection.SndUna != connection.Iss + 1)
        {
            connection.FastOpen = FastOpenTraits.SynDataTaken;
        }

        if (connection.SndUna == connection.SndMax)
        {
            counters.TCPFastOpenActive++;
        }
        else
        {
            counters.TCPFastOpenActiveFail++;
        }
    }
}
