using Millrace.Testing.Scripts;

namespace Millrace.Scripts.Tests;

/// <summary>Every kind of line can fail, and the report shows where and what was really sent.</summary>
public sealed class ReportTests
{
    private const string Open = "# x\ngiven accepted c\n";

    [Theory]
    [InlineData("write(c, 100)\n> 1:201 ack 1", 4, "the payload is 100, not 200")]
    [InlineData("write(c, 100)\n> 2:102 ack 1", 4, "the sequence number is 1, not 2")]
    [InlineData("write(c, 100)\n> 1:101 ack 2", 4, "ack is 1, not 2")]
    [InlineData("write(c, 100)\n> FIN 1:101 ack 1", 4, "flags are ACK, not FIN ACK")]
    [InlineData("write(c, 100)\n> noPSH 1:101 ack 1", 4, "PSH is there")]
    [InlineData("write(c, 100)\n> 1:101 ack 1 win 5", 4, "win is 64240, not 5")]
    [InlineData("write(c, 100)\n> 1:101 ack 1 ttl 63", 4, "ttl is 64, not 63")]
    [InlineData("write(c, 100)\n> 1:101 ack 1 ecn ect0", 4, "ecn is 0, not 2")]
    [InlineData("write(c, 100)\n> 1:101 ack 1 <sack 1:2>", 4, "options are <>, not <sack 1:2>")]
    [InlineData("write(c, 100)\n+5ms > 1:101 ack 1", 4, "it was sent 0ms after the line before, not 4ms to 9ms")]
    [InlineData("> 1 ack 1", 3, "nothing was sent until 4ms after the line before")]
    [InlineData("write(c, 100)\n< 1 ack 101", 4, "something else was sent 0ms after the line before")]
    [InlineData("write(c, 100)", 3, "something else was sent 0ms after the line before")]
    [InlineData("write(c, 100)\n> 1:101 ack 1\nsilence 300ms", 5, "something else was sent")]
    [InlineData("read(c, 100)", 3, "read(c, 100) returns EAGAIN, not success")]
    [InlineData("read(c, 100) -> 5", 3, "read(c, 100) returns EAGAIN, not 5")]
    [InlineData("read(c, 100) -> ECONNRESET", 3, "returns EAGAIN, not ECONNRESET")]
    [InlineData("< 1:11 ack 1\n> 1 ack 11\nread(c, 100) -> waits", 5, "read(c, 100) does not wait, it returns 10")]
    [InlineData("read(c, 100) -> waits\nfinished read(c) -> 10", 4, "read(c) still waits 4ms after the line before")]
    [InlineData("poll(c) -> IN", 3, "poll(c) returns OUT, not IN")]
    [InlineData("state == CLOSED", 3, "the state is ESTABLISHED")]
    [InlineData("info(c).snd_cwnd == 11", 3, "snd_cwnd is 10")]
    [InlineData("info(c).snd_cwmd == 11", 3, "TcpInfo has no field 'snd_cwmd' yet")]
    [InlineData("counter(PassiveOpens) == 2", 3, "PassiveOpens is 1")]
    [InlineData("read(d, 1)", 3, "There is no socket 'd'")]
    [InlineData("< 1:11 ack 1 bad payload\n> 1 ack 11\nread(c, 10)", 5, "What was read is not what was sent")]
    public void A_line_fails_where_it_stands(string text, int line, string what)
    {
        var failure = ScriptCatalogue.OnMillrace(Script.Parse("x.script", Open + text));
        Assert.NotNull(failure);
        Assert.Contains(what, failure.Message, StringComparison.Ordinal);
        Assert.Equal(line, failure.Line);
    }

    [Fact]
    public void The_report_marks_the_line_and_shows_the_packet_in_the_words_of_a_script()
    {
        var failure = ScriptCatalogue.OnMillrace(Script.Parse("a/b.script", Open + "write(c, 100)\n> 1:201 ack 1\nclose(c)"));
        Assert.Equal(
            """
            a/b.script on millrace, line 4: the payload is 100, not 200
                  1  # x
                  2  given accepted c
                  3  write(c, 100)
            ==>   4  > 1:201 ack 1
                     really: > PSH 1:101 ack 1 win 64240   (0ms after the line before)
                  5  close(c)

            """,
            failure?.Message);
    }

    [Fact]
    public void A_setting_that_the_stack_has_not_is_named()
    {
        var failure = ScriptCatalogue.OnMillrace(Script.Parse("x.script", "# x\nnet.ipv4.tcp_nonsense = 1\nsilence 1ms"));
        Assert.Equal((2, "Millrace has no setting that is net.ipv4.tcp_nonsense."), (failure?.Line, failure?.What));
    }
}
