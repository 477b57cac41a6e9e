using Millrace.Headers;

namespace Millrace.Tcp;

/// <content>What Fast Open puts on the first SYN of either side.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    private bool TryReadFastOpen(ref TcpSegment segment, out FastOpenOption read)
    {
        if (FastOpenOption.TryRead(segment.OptionBytes, out read) && (read.IsExperimental || !settings.FastOpenExperimental))
        {
            return true;
        }

        read = default;
        return false;
    }

    /// <param name="segment">From the start of the TCP header.</param>
    /// <param name="headerLength">Bytes of header written, options included.</param>
    /// <returns>Bytes of header and of payload now.</returns>
    private (int HeaderLength, int Payload) AddFastOpen(ref TcpConnection connection, Span<byte> segment, int headerLength)
    {
        if (connection.State != TcpState.SynSent)
        {
            return (headerLength + WriteFastOpenGrant(ref connection, segment[headerLength..]), 0);
        }

        headerLength += WriteFastOpenRequest(ref connection, segment[headerLength..], out var carriesData);
        return (headerLength, carriesData ? CopyFirst(ref connection, segment[headerLength..]) : 0);
    }
}
