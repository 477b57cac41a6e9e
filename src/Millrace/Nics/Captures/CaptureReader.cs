using System.Buffers.Binary;

namespace Millrace.Nics;

/// <summary>
/// Reads a capture forwards, packet by packet, into one buffer: pcap with microseconds or nanoseconds, and pcapng, in
/// either byte order. Not thread-safe.
/// </summary>
public abstract class CaptureReader : IDisposable
{
    /// <summary>Captured bytes of a packet beyond which a file is taken for damaged (16 MiB).</summary>
    public const int MaximumPacketLength = 1 << 24;

    private readonly CaptureInput input;
    private byte[] buffer = new byte[1 << 12];
    private int dataOffset;
    private int dataLength;

    private protected CaptureReader(CaptureInput input, bool isBigEndian)
    {
        this.input = input;
        IsBigEndian = isBigEndian;
    }

    /// <summary>What the file is.</summary>
    public abstract CaptureFormat Format { get; }

    /// <summary>Interfaces that have been described so far.</summary>
    public abstract IReadOnlyList<CaptureInterface> Interfaces { get; }

    /// <summary>The packet read last.</summary>
    public CaptureRecord Current { get; private protected set; }

    /// <summary>The captured bytes of the packet read last, valid until the next is read.</summary>
    public ReadOnlySpan<byte> Data => buffer.AsSpan(dataOffset, dataLength);

    /// <summary>Which way the packet read last went, as far as the file says.</summary>
    public CaptureDirection Direction { get; private protected set; }

    /// <summary>The words that the file has on the packet read last; none if it is empty.</summary>
    public string Comment { get; private protected set; } = "";

    /// <summary>Packets read so far.</summary>
    public long PacketCount { get; private set; }

    private protected bool IsBigEndian { get; set; }

    private protected long Position => input.Position;

    /// <summary>Opens a capture file.</summary>
    /// <exception cref="CaptureFormatException">It is not a capture.</exception>
    public static CaptureReader Open(string path) => Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0));

    /// <summary>Opens a capture; the format is told by its first bytes.</summary>
    /// <exception cref="CaptureFormatException">It is not a capture.</exception>
    public static CaptureReader Open(Stream stream, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var input = new CaptureInput(stream, leaveOpen);
        try
        {
            Span<byte> magic = stackalloc byte[sizeof(uint)];
            if (input.Read(magic) < magic.Length)
            {
                throw new CaptureFormatException("The file is too short for a capture", 0, 0);
            }

            return BinaryPrimitives.ReadUInt32LittleEndian(magic) switch
            {
                PcapReader.Microseconds => new PcapReader(input, isBigEndian: false, CaptureFormat.Pcap),
                PcapReader.Nanoseconds => new PcapReader(input, isBigEndian: false, CaptureFormat.PcapNanoseconds),
                PcapReader.MicrosecondsSwapped => new PcapReader(input, isBigEndian: true, CaptureFormat.Pcap),
                PcapReader.NanosecondsSwapped => new PcapReader(input, isBigEndian: true, CaptureFormat.PcapNanoseconds),
                PcapngReader.SectionHeader => new PcapngReader(input),
                var other => throw new CaptureFormatException($"The file begins with {other:x8}, which is neither pcap nor pcapng", 0, 0),
            };
        }
        catch
        {
            input.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next packet.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="CaptureFormatException">The file is damaged from here on, or ends within a packet.</exception>
    public bool Read()
    {
        dataLength = 0;
        if (!ReadPacket())
        {
            return false;
        }

        PacketCount++;
        return true;
    }

    public void Dispose()
    {
        input.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected abstract bool ReadPacket();

    /// <summary>Reads the given number of bytes, or throws that the file ends.</summary>
    private protected Span<byte> ReadWhole(int length, long recordOffset)
    {
        Reserve(length);
        var whole = buffer.AsSpan(0, length);
        return input.Read(whole) == length ? whole : throw Truncated(recordOffset);
    }

    /// <summary>Reads the start of a record.</summary>
    /// <returns>False if the file ends before it.</returns>
    private protected bool TryReadStart(int length, long recordOffset, out ReadOnlySpan<byte> start)
    {
        Reserve(length);
        start = buffer.AsSpan(0, length);
        var count = input.Read(buffer.AsSpan(0, length));
        return count == length || (count == 0 ? false : throw Truncated(recordOffset));
    }

    private protected void Skip(long length, long recordOffset)
    {
        if (input.Skip(length) < length)
        {
            throw Truncated(recordOffset);
        }
    }

    /// <summary>Says where in the bytes read last the packet is.</summary>
    private protected void SetData(int offset, int length) => (dataOffset, dataLength) = (offset, length);

    private protected ushort ReadUInt16(ReadOnlySpan<byte> source) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(source) : BinaryPrimitives.ReadUInt16LittleEndian(source);

    private protected uint ReadUInt32(ReadOnlySpan<byte> source) =>
        IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(source) : BinaryPrimitives.ReadUInt32LittleEndian(source);

    private protected CaptureFormatException Wrong(string message, long offset) => new(message, offset, PacketCount);

    private CaptureFormatException Truncated(long offset) => Wrong("The file ends in the middle of what begins here", offset);

    private void Reserve(int length)
    {
        if (buffer.Length < length)
        {
            buffer = new byte[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length)];
        }
    }
}
