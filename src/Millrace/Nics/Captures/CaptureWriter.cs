using System.Buffers.Binary;

namespace Millrace.Nics;

/// <summary>
/// Writes a capture forwards through a buffer, in little-endian order. Nothing is certain to be in the stream before
/// <see cref="Flush"/> or <see cref="Dispose"/>. Not thread-safe.
/// </summary>
public abstract class CaptureWriter : IDisposable
{
    /// <summary>Captured bytes of a packet at most where nothing else is said, as in libpcap.</summary>
    public const int DefaultSnapLength = 262_144;

    private readonly Stream stream;
    private readonly bool leaveOpen;
    private readonly byte[] buffer = new byte[1 << 16];
    private int filled;
    private int left;
    private bool isDisposed;

    private protected CaptureWriter(Stream stream, int snapLength, bool leaveOpen)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (snapLength is < 1 or > CaptureReader.MaximumPacketLength - 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(snapLength), snapLength, "A packet is cut after 1 byte at least and 16 MiB at most.");
        }

        this.stream = stream;
        this.leaveOpen = leaveOpen;
        SnapLength = snapLength;
    }

    /// <summary>Bytes written of a packet at most.</summary>
    public int SnapLength { get; }

    /// <summary>Packets written so far.</summary>
    public long PacketCount { get; private set; }

    /// <summary>Begins a capture of one interface.</summary>
    public static CaptureWriter Create(
        Stream stream, CaptureFormat format = CaptureFormat.Pcapng, LinkType linkType = LinkType.Ethernet,
        int snapLength = DefaultSnapLength, bool leaveOpen = false) => format == CaptureFormat.Pcapng
            ? new PcapngWriter(stream, [new CaptureInterface(linkType, snapLength, null)], leaveOpen)
            : new PcapWriter(stream, format, linkType, snapLength, leaveOpen);

    /// <summary>Begins a pcapng capture of several interfaces.</summary>
    public static CaptureWriter Create(Stream stream, IReadOnlyList<CaptureInterface> interfaces, bool leaveOpen = false) =>
        new PcapngWriter(stream, interfaces, leaveOpen);

    /// <summary>Creates a capture file, in pcapng if its name ends so.</summary>
    public static CaptureWriter Create(string path)
    {
        var format = path.EndsWith(".pcapng", StringComparison.OrdinalIgnoreCase) ? CaptureFormat.Pcapng : CaptureFormat.PcapNanoseconds;
        return Create(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), format);
    }

    /// <summary>Writes a packet.</summary>
    /// <param name="timestamp">Nanoseconds, usually since 1970; not negative.</param>
    /// <param name="originalLength">Bytes the packet had, if that is more than is there.</param>
    /// <param name="comment">Words on the packet in UTF-8, for pcapng; the classic format has no place for them.</param>
    public void Write(long timestamp, ReadOnlySpan<byte> packet, int originalLength = 0, int networkInterface = 0,
        CaptureDirection direction = CaptureDirection.Unknown, ReadOnlySpan<byte> comment = default)
    {
        Begin(timestamp, packet.Length, Math.Max(packet.Length, originalLength), networkInterface, direction, comment);
        Append(packet);
        End();
    }

    /// <summary>Begins a packet whose bytes follow by <see cref="Append"/>.</summary>
    internal void Begin(
        long timestamp, int length, int originalLength, int networkInterface, CaptureDirection direction, ReadOnlySpan<byte> comment = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(timestamp);
        ObjectDisposedException.ThrowIf(isDisposed, this);
        left = Math.Min(length, SnapLength);
        BeginPacket(timestamp, left, originalLength, networkInterface, direction, comment);
    }

    /// <summary>The next bytes of the packet; what is beyond the snap length is left out.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, left)];
        left -= bytes.Length;
        Put(bytes);
    }

    internal void End()
    {
        EndPacket();
        PacketCount++;
    }

    /// <summary>Hands everything written to the stream.</summary>
    public void Flush()
    {
        stream.Write(buffer, 0, filled);
        filled = 0;
        stream.Flush();
    }

    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        Flush();
        if (!leaveOpen)
        {
            stream.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    private protected abstract void BeginPacket(
        long timestamp, int length, int originalLength, int networkInterface, CaptureDirection direction, ReadOnlySpan<byte> comment);

    private protected abstract void EndPacket();

    private protected void Put(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (filled == buffer.Length)
            {
                stream.Write(buffer, 0, filled);
                filled = 0;
            }

            var count = Math.Min(bytes.Length, buffer.Length - filled);
            bytes[..count].CopyTo(buffer.AsSpan(filled));
            filled += count;
            bytes = bytes[count..];
        }
    }

    private protected void PutUInt16(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, checked((ushort)value));
        Put(bytes);
    }

    private protected void PutUInt32(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Put(bytes);
    }

    /// <summary>Zeros up to a multiple of four bytes behind the given length.</summary>
    private protected void PutPadding(int length) => Put("\0\0\0"u8[..(PcapngBlocks.Padded(length) - length)]);
}
