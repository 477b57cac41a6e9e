using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using Millrace.Headers;

namespace Millrace.Benchmarks.Headers;

/// <summary>Options as hosts write them: those of a SYN in different numbers, and timestamps where Linux aligns them.</summary>
public class TcpOptionLists
{
    private readonly int[] lengths = new int[HeaderBatch.Count];
    private readonly byte[] syns;
    private readonly byte[] timestamps = HeaderBatch.Make(static (random, options) => TcpOptions.WriteTimestamps(options, (uint)random.Next(), (uint)random.Next()));

    public TcpOptionLists()
    {
        var next = 0;
        syns = HeaderBatch.Make((random, options) => lengths[next++] = Syn(random.Next(), random.Next(2) == 0, random.Next(2) == 0).WriteSyn(options));
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public uint ReadSyn()
    {
        var sum = 0u;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var read = TcpOptions.Read(HeaderBatch.At(syns, i)[..lengths[i]], true);
            sum += (uint)(read.MaximumSegmentSize + read.WindowScale) + read.TimestampValue;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public int WriteSyn()
    {
        var sum = 0;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            sum += Syn(i, (i & 1) == 0, (i & 2) == 0).WriteSyn(HeaderBatch.At(syns, i));
        }

        return sum;
    }

    /// <summary>By the word that the four bytes before them make, without looking for options (tcp_parse_aligned_timestamp).</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public uint ReadAlignedTimestamps()
    {
        var sum = 0u;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var options = HeaderBatch.At(timestamps, i);
            if (BinaryPrimitives.ReadUInt32BigEndian(options) == TcpOptions.AlignedTimestampsWord)
            {
                sum += BinaryPrimitives.ReadUInt32BigEndian(options.Slice(4, 4)) ^ BinaryPrimitives.ReadUInt32BigEndian(options.Slice(8, 4));
            }
        }

        return sum;
    }

    /// <summary>The same by the loop over all options: what alignment saves.</summary>
    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public uint ReadTimestamps()
    {
        var sum = 0u;
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            var read = TcpOptions.Read(HeaderBatch.At(timestamps, i)[..TcpOptions.AlignedTimestampsLength], false);
            sum += read.TimestampValue ^ read.TimestampEcho;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = HeaderBatch.Count)]
    public byte WriteTimestamps()
    {
        for (var i = 0; i < HeaderBatch.Count; i++)
        {
            TcpOptions.WriteTimestamps(HeaderBatch.At(timestamps, i), (uint)i, (uint)i + 1);
        }

        return timestamps[7];
    }

    private static TcpOptions Syn(int value, bool hasTimestamps, bool hasWindowScale) => new()
    {
        MaximumSegmentSize = 1460,
        HasTimestamps = hasTimestamps,
        TimestampValue = (uint)value,
        HasWindowScale = hasWindowScale,
        WindowScale = (byte)(value & 15),
    };
}
