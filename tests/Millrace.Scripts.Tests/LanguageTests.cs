using Millrace.Testing.Scripts;

namespace Millrace.Scripts.Tests;

/// <summary>What cannot be read is said with line, column and remedy.</summary>
public sealed class LanguageTests
{
    [Theory]
    [InlineData("s = socket()", 1, 1, "begins with a comment")]
    [InlineData("# x\n+200 < SYN 0", 2, 6, "has no unit")]
    [InlineData("# x\n< SIN 0", 2, 3, "a packet is written as")]
    [InlineData("# x\n< SYN 0 win", 2, 12, "a window follows")]
    [InlineData("# x\n< SYN 0 window 5", 2, 17, "is no part of a packet")]
    [InlineData("# x\n< 5:1 ack 1", 2, 6, "the end lies before the beginning")]
    [InlineData("# x\n< SYN 0 <mss 1460, wscale>", 2, 26, "a number, * or last follows")]
    [InlineData("# x\n< SYN 0 <msss 1460>", 2, 14, "'msss' is no option")]
    [InlineData("# x\n< SYN 0 <mss 1460 sackOK>", 2, 19, "separated by commas")]
    [InlineData("# x\n< * ack 1", 2, 10, "no wildcards")]
    [InlineData("# x\n> 1 ack 1 bad checksum", 2, 23, "only a packet of the script can be bad")]
    [InlineData("# x\n<[b] SYN 0", 2, 4, "there is no flow 'b'")]
    [InlineData("# x\nreed(c, 10)", 2, 12, "there is no call 'reed'")]
    [InlineData("# x\nread(c)", 2, 8, "read(c, bytes)")]
    [InlineData("# x\nread(c, 10) -> EFOO", 2, 20, "'EFOO' is no error")]
    [InlineData("# x\nread(c, 10) -> 5 x", 2, 18, "'x' is not understood")]
    [InlineData("# x\nsetsockopt(c, TCP_NODELEY, 1)", 2, 30, "'TCP_NODELEY' is no option")]
    [InlineData("# x\nstate = ESTABLISHED", 2, 7, "one of == != ")]
    [InlineData("# x\ninfo(c) == 3", 2, 9, "'.' is missing")]
    [InlineData("# x\n+1ms..2ms < SYN 0", 2, 18, "a span of times is for what the stack does")]
    [InlineData("# x\nfails on linux: no", 2, 15, "'linux' is no system")]
    [InlineData("# x\nfails on millrace:", 2, 19, "the reason is missing")]
    [InlineData("# x\nflow b = 192.0.2:1 > 80", 2, 21, "not an IPv4 address")]
    [InlineData("# x\ngiven opened c", 2, 7, "'connected' is missing")]
    [InlineData("# x\n< icmp unreachable for 1", 2, 19, "is no ICMP error")]
    [InlineData("# x\nsilence 10", 2, 11, "has no unit")]
    [InlineData("# x\nhello", 2, 6, "'(' is missing")]
    public void Errors_have_line_column_and_remedy(string text, int line, int column, string message)
    {
        var error = Assert.Throws<ScriptSyntaxException>(() => Script.Parse("x.script", text));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column), (error.Line, error.Column));
        Assert.StartsWith($"x.script({line},{column}): ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_description_and_the_marks_are_read()
    {
        var script = Script.Parse("x.script", "# One\n# two.\nfails on kernel: so\nskipped on millrace: as well\nsilence 1ms");
        Assert.Equal("One two.", script.Description);
        Assert.Equal("so", script.FailsOn["kernel"]);
        Assert.Equal("as well", script.SkippedOn["millrace"]);
    }
}
