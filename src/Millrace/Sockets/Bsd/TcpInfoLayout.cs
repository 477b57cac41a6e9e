using System.Buffers.Binary;
using Millrace.Tcp;

namespace Millrace.Sockets;

/// <summary>struct tcp_info as Linux 6.18 lays it out (include/uapi/linux/tcp.h), its fields at offsets in bytes; what TCP does not tell is 0.</summary>
internal static class TcpInfoLayout
{
    public const int Length = 248;

    // the first eight are bytes, of which the seventh is two numbers of four bits
    public const int Scales = 6;
    public const int Rto = 8;
    public const int Ato = 12;
    public const int SndMss = 16;
    public const int RcvMss = 20;
    public const int Unacked = 24;
    public const int Sacked = 28;
    public const int Lost = 32;
    public const int Retrans = 36;
    public const int LastDataSent = 44;
    public const int LastDataRecv = 52;
    public const int Pmtu = 60;
    public const int RcvSsthresh = 64;
    public const int Rtt = 68;
    public const int Rttvar = 72;
    public const int SndSsthresh = 76;
    public const int SndCwnd = 80;
    public const int Advmss = 84;
    public const int Reordering = 88;
    public const int RcvRtt = 92;
    public const int RcvSpace = 96;
    public const int TotalRetrans = 100;
    public const int PacingRate = 104;
    public const int MaxPacingRate = 112;
    public const int BytesAcked = 120;
    public const int BytesReceived = 128;
    public const int NotsentBytes = 144;
    public const int MinRtt = 148;
    public const int DeliveryRate = 160;
    public const int Delivered = 192;
    public const int DeliveredCe = 196;
    public const int BytesSent = 200;
    public const int BytesRetrans = 208;
    public const int SndWnd = 228;
    public const int RcvWnd = 232;

    /// <param name="bytes">At least <see cref="Length"/> of them.</param>
    public static void Write(Span<byte> bytes, in TcpInfo info)
    {
        bytes[..Length].Clear();
        bytes[0] = info.State;
        bytes[1] = info.CaState;
        bytes[2] = info.Retransmits;
        bytes[3] = info.Probes;
        bytes[4] = info.Backoff;
        bytes[5] = info.Options;
        bytes[Scales + 1] = (byte)(info.IsDeliveryRateAppLimited ? 1 : 0);
        bytes[Scales] = (byte)(info.SndWscale | (info.RcvWscale << 4));
        Put(bytes, Rto, info.Rto);
        Put(bytes, Ato, info.Ato);
        Put(bytes, SndMss, info.SndMss);
        Put(bytes, RcvMss, info.RcvMss);
        Put(bytes, Unacked, info.Unacked);
        Put(bytes, Sacked, info.Sacked);
        Put(bytes, Lost, info.Lost);
        Put(bytes, Retrans, info.Retrans);
        Put(bytes, LastDataSent, info.LastDataSent);
        Put(bytes, LastDataRecv, info.LastDataRecv);
        Put(bytes, Pmtu, info.Pmtu);
        Put(bytes, RcvSsthresh, info.RcvSsthresh);
        Put(bytes, Rtt, info.Rtt);
        Put(bytes, Rttvar, info.Rttvar);
        Put(bytes, SndSsthresh, info.SndSsthresh);
        Put(bytes, SndCwnd, info.SndCwnd);
        Put(bytes, Advmss, info.Advmss);
        Put(bytes, Reordering, info.Reordering);
        Put(bytes, RcvRtt, info.RcvRtt);
        Put(bytes, RcvSpace, info.RcvSpace);
        Put(bytes, TotalRetrans, info.TotalRetrans);
        Put(bytes, PacingRate, info.PacingRate);
        Put(bytes, BytesAcked, info.BytesAcked);
        Put(bytes, BytesReceived, info.BytesReceived);
        Put(bytes, BytesSent, info.BytesSent);
        Put(bytes, BytesRetrans, info.BytesRetrans);
        Put(bytes, MaxPacingRate, info.MaxPacingRate);
        Put(bytes, DeliveryRate, info.DeliveryRate);
        Put(bytes, Delivered, info.Delivered);
        Put(bytes, DeliveredCe, info.DeliveredCe);
        Put(bytes, NotsentBytes, info.NotsentBytes);
        Put(bytes, MinRtt, info.MinRtt);
        Put(bytes, SndWnd, info.SndWnd);
        Put(bytes, RcvWnd, info.RcvWnd);
    }

    private static void Put(Span<byte> bytes, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(bytes[offset..], value);

    private static void Put(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], value);
}
