using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using Millrace.Sockets;
using Millrace.Tcp;

namespace Millrace.Tests.Sockets;

/// <summary>The C compiler's headers are the oracle of the layout.</summary>
public sealed class TcpInfoLayoutTests
{
    // younger than the headers of Debian 12, and behind the last of theirs
    private static readonly string[] Younger = [nameof(TcpInfoLayout.RcvWnd)];

    [Fact]
    public void Every_field_lies_where_the_C_compiler_has_it()
    {
        Requires.Tool("gcc");
        var fields = typeof(TcpInfoLayout).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.Name is not (nameof(TcpInfoLayout.Length) or nameof(TcpInfoLayout.Scales)) && !Younger.Contains(field.Name))
            .ToDictionary(field => Name(field.Name), field => (int)field.GetRawConstantValue()!);
        Assert.True(fields.Count > 20);
        var program = new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n#include <linux/tcp.h>\nint main(void) {\n");
        foreach (var name in fields.Keys)
        {
            program.Append(CultureInfo.InvariantCulture, $"printf(\"{name} %zu\\n\", offsetof(struct tcp_info, {name}));\n");
        }

        program.Append("return 0; }\n");
        var lines = CompileAndRun(program.ToString()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            fields.Select(field => $"{field.Key} {field.Value}").Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Bytes_and_bit_fields_are_read_as_they_were_written()
    {
        Requires.Tool("gcc");
        Span<byte> bytes = stackalloc byte[TcpInfoLayout.Length];
        TcpInfoLayout.Write(bytes, new TcpInfo
        {
            State = 1, CaState = 2, Retransmits = 3, Probes = 4, Backoff = 5, Options = 6, SndWscale = 7, RcvWscale = 9, Rto = 200_000, PacingRate = 1UL << 40,
            SndWnd = 77,
        });
        var program = $$"""
            #include <stdio.h>
            #include <string.h>
            #include <linux/tcp.h>
            int main(void) {
                static const unsigned char bytes[] = { {{string.Join(", ", bytes.ToArray())}} };
                struct tcp_info i;
                memcpy(&i, bytes, sizeof i);
                printf("%d %d %d %d %d %d %d %d %u %llu %u", i.tcpi_state, i.tcpi_ca_state, i.tcpi_retransmits, i.tcpi_probes, i.tcpi_backoff,
                    i.tcpi_options, i.tcpi_snd_wscale, i.tcpi_rcv_wscale, i.tcpi_rto, (unsigned long long)i.tcpi_pacing_rate, i.tcpi_snd_wnd);
                return 0;
            }
            """;
        Assert.Equal($"1 2 3 4 5 6 7 9 200000 {1UL << 40} 77", CompileAndRun(program));
    }

    /// <summary>SndMss is tcpi_snd_mss.</summary>
    private static string Name(string field) => "tcpi" + string.Concat(field.Select(letter => char.IsUpper(letter) ? "_" + char.ToLowerInvariant(letter) : letter.ToString()));

    private static string CompileAndRun(string source)
    {
        var folder = Directory.CreateTempSubdirectory("millrace-layout-");
        try
        {
            var file = Path.Combine(folder.FullName, "layout.c");
            var program = Path.Combine(folder.FullName, "layout");
            File.WriteAllText(file, source);
            Run("gcc", ["-o", program, file]);
            return Run(program, []);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        return output;
    }
}
