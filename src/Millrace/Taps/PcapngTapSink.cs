using System.Text;
using Millrace.Nics;

namespace Millrace.Taps;

/// <summary>
/// Writes what a tap shows as pcapng: an interface each with its name, the direction of every packet, and drops as packets of
/// their own with a comment such as <c>dropped: TCP_INVALID_SEQUENCE (Tcp)</c>.
/// </summary>
/// <remarks>
/// The stack's thread writes into a buffer of fixed length and never waits: a packet that finds it full is <see cref="Lost"/>.
/// Another thread, the host's, calls <see cref="Flush"/> now and then.
/// </remarks>
public sealed class PcapngTapSink : ITapSink, IDisposable
{
    private static readonly string[] Reasons =
        [.. Enum.GetValues<DropReason>().Select(reason => reason.LinuxName() ?? reason.ToString())];

    private readonly Stream stream;
    private readonly PcapngTapOptions options;
    private readonly TapBuffer buffer;
    private readonly byte[] comment = new byte[PcapngWriter.MaximumCommentLength];
    private PcapngWriter? writer;
    private long[] written = [];
    private long[] lost = [];
    private long last;
    private bool isDisposed;

    /// <param name="stream">Where the capture goes; disposed with the sink unless the options say otherwise.</param>
    public PcapngTapSink(Stream stream, PcapngTapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        this.stream = stream;
        this.options = options ?? new PcapngTapOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.BufferLength, 4096, nameof(options));
        buffer = new TapBuffer(this.options.BufferLength);
    }

    /// <summary>Packets written, drops included.</summary>
    public long Written => written.Sum();

    /// <summary>Packets that found the buffer full.</summary>
    public long Lost => lost.Sum();

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Another stack uses the sink.</exception>
    public void Attach(IReadOnlyList<NetworkInterface> interfaces, int snapLength)
    {
        ArgumentNullException.ThrowIfNull(interfaces);
        if (writer is not null)
        {
            throw new InvalidOperationException("The tap of another stack writes to this sink: give each a sink of its own.");
        }

        writer = new PcapngWriter(
            buffer, [.. interfaces.Select(one => new CaptureInterface(LinkType.Ethernet, snapLength, one.Name))], leaveOpen: true);
        writer.Flush();
        (written, lost) = (new long[interfaces.Count], new long[interfaces.Count]);
    }

    /// <inheritdoc/>
    public void Observe(in TappedPacket packet)
    {
        var words = packet.IsDropped ? Comment(packet.Drop) : [];
        if (PcapngWriter.BlockLength(packet.Length, packet.Direction, words.Length) > buffer.Room)
        {
            lost[packet.Interface]++;
            return;
        }

        last = Math.Max(0, packet.Timestamp + options.TimeOffset);
        writer!.Begin(last, packet.Length, packet.OriginalLength, packet.Interface, packet.Direction, words);
        packet.AppendTo(writer);
        writer.End();
        writer.Flush();
        written[packet.Interface]++;
    }

    /// <summary>Hands to the stream what was shown so far. Any thread may call it while the stack runs.</summary>
    public void Flush() => buffer.DrainTo(stream);

    /// <summary>Ends the capture, with the counts of each interface; call it when the stack has ended.</summary>
    public void Dispose()
    {
        if (isDisposed)
        {
            return;
        }

        isDisposed = true;
        Flush();
        for (var i = 0; i < written.Length; i++)
        {
            writer!.WriteStatistics(i, last, written[i] + lost[i], lost[i]);
            writer.Flush();
            Flush();
        }

        if (!options.LeaveOpen)
        {
            stream.Dispose();
        }
    }

    private ReadOnlySpan<byte> Comment(in PacketDrop drop)
    {
        "dropped: "u8.CopyTo(comment);
        var length = "dropped: "u8.Length;
        length += Encoding.UTF8.GetBytes(Reasons[(int)drop.Reason], comment.AsSpan(length));
        " ("u8.CopyTo(comment.AsSpan(length));
        length += " ("u8.Length;

        // a stage's name that is longer than there is room for is left out
        Encoding.UTF8.TryGetBytes(drop.Stage, comment.AsSpan(length, comment.Length - length - 1), out var name);
        length += name;
        comment[length++] = (byte)')';
        return comment.AsSpan(0, length);
    }
}

/// <summary>Of a <see cref="PcapngTapSink"/>.</summary>
public sealed record PcapngTapOptions
{
    /// <summary>Bytes that wait for <see cref="PcapngTapSink.Flush"/> at most.</summary>
    public int BufferLength { get; init; } = 4 << 20;

    /// <summary>What to add to the stack's time to get nanoseconds since 1970.</summary>
    public long TimeOffset { get; init; }

    /// <summary>Whether the stream is left open when the sink is disposed.</summary>
    public bool LeaveOpen { get; init; }
}
