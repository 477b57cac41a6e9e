using System.Diagnostics;
using Millrace.Nics;

namespace Millrace.Stack.Tests.Taps;

/// <summary>What a capture says of a packet.</summary>
internal sealed record CapturedPacket(int Interface, CaptureDirection Direction, string Comment, int OriginalLength, string Bytes);

internal static class Capture
{
    public static List<CapturedPacket> Read(MemoryStream stream)
    {
        using var reader = CaptureReader.Open(new MemoryStream(stream.ToArray()));
        var packets = new List<CapturedPacket>();
        while (reader.Read())
        {
            packets.Add(new CapturedPacket(
                reader.Current.Interface, reader.Direction, reader.Comment, reader.Current.OriginalLength, Convert.ToHexString(reader.Data)));
        }

        return packets;
    }

    /// <summary>Fields of the packets that tshark shows under a filter, a line each, separated by bars.</summary>
    public static string[] Dissect(string file, string filter, params string[] fields)
    {
        string[] arguments =
        [
            "-r", file, "-Y", filter, "-T", "fields", "-E", "separator=|", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:FALSE",
            .. fields.SelectMany(field => new[] { "-e", field }),
        ];
        using var process = Process.Start(new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
