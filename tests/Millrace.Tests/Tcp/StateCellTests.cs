using System.Globalization;
using System.Text;
using Millrace.Headers;
using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

/// <summary>Every cell of the state table: driven by packets and calls, or a reason why none gets there.</summary>
public sealed class StateCellTests
{
    private static readonly TcpState[] States = Enum.GetValues<TcpState>();
    private static readonly TcpEvent[] Events = Enum.GetValues<TcpEvent>();

    public static TheoryData<TcpState, TcpEvent> Reached => [.. Cells.Where(cell => WhyNot(cell.Item1, cell.Item2) is null)];

    private static IEnumerable<(TcpState, TcpEvent)> Cells => from state in States from happened in Events select (state, happened);

    [Theory]
    [MemberData(nameof(Reached))]
    public void A_connection_goes_where_its_cell_says(TcpState state, TcpEvent happened)
    {
        using var script = In(state);
        Assert.Equal(state, StateOf(script, state));
        Happen(script, state, happened);
        script.Flush();
        Assert.Equal(TcpStateTable.Next(state, happened), StateOf(script, state));
    }

    /// <summary>STATES.md has the table, its graph, and what of it cannot be reached; <c>MILLRACE_WRITE=1</c> writes it anew.</summary>
    [Fact]
    public void The_page_of_states_is_that_of_the_table()
    {
        var path = Path.Combine(Requires.RepositoryRoot, "tests/Millrace.Tests/Tcp/STATES.md");
        var page = Page();
        if (Environment.GetEnvironmentVariable("MILLRACE_WRITE") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.Equal(File.ReadAllText(path).ReplaceLineEndings("\n"), page);
    }

    private static string Page()
    {
        var text = new StringBuilder();
        text.Append("# The states of a connection\n\n");
        text.Append("RFC 9293 §3.3.2, as `TcpStateTable` has it: what is in a state (row) when something happens (column); a dot where it stays as it is.\n");
        text.Append("Written by `StateCellTests`, which drives a connection through every cell that packets and calls can reach; `MILLRACE_WRITE=1 dotnet test` writes it anew.\n\n");
        text.Append("```text\n").Append(TcpStateTable.Print()).Append("```\n\n");
        text.Append("```mermaid\n").Append(TcpStateTable.Graph()).Append("```\n\n");
        var unreached = Cells.Where(cell => WhyNot(cell.Item1, cell.Item2) is not null).ToArray();
        text.Append(CultureInfo.InvariantCulture, $"{Cells.Count() - unreached.Length} of {Cells.Count()} cells are driven. The others:\n\n| event | in | why it does not happen |\n|---|---|---|\n");
        foreach (var group in unreached.GroupBy(cell => (cell.Item2, Why: WhyNot(cell.Item1, cell.Item2))))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {group.Key.Item1} | {string.Join(", ", group.Select(cell => cell.Item1))} | {group.Key.Why} |\n");
        }

        return text.ToString();
    }

    /// <summary>Why nothing gets to a cell; null if something does.</summary>
    private static string? WhyNot(TcpState state, TcpEvent happened) => (happened, state) switch
    {
        (TcpEvent.Open, TcpState.Closed) => null,
        (TcpEvent.Open, TcpState.Listen) => "A listener has no connection: `Connect` opens one beside it.",
        (TcpEvent.Open, _) => "`Connect` opens a connection of its own; one that is open has no such call.",
        (TcpEvent.Close, TcpState.Closed or TcpState.TimeWait) => "No socket is left to call it on.",
        (TcpEvent.Close, TcpState.SynReceived) => "A close waits for the end of the handshake, and happens in ESTABLISHED then.",
        (TcpEvent.Abort, TcpState.Listen) => "A reset is nothing to a listener, and to stop listening is a close.",
        _ => null,
    };

    private static TcpScript In(TcpState state)
    {
        var script = state switch
        {
            TcpState.Closed => new TcpScript(null, new TestApplication()),
            TcpState.Listen => new TcpScript(),
            TcpState.SynSent or TcpState.SynReceived => new TcpScript(null, new TestApplication()).Open(out _),
            _ => TcpScript.Established(),
        };
        switch (state)
        {
            case TcpState.SynReceived:
                // both ends open at once, so that there is a socket
                script.Flush();
                script.Send("S", 0, mss: 1460);
                break;
            case TcpState.FinWait1 or TcpState.FinWait2 or TcpState.Closing or TcpState.TimeWait:
                script.Socket.Shutdown();
                script.Flush();
                break;
            case TcpState.CloseWait or TcpState.LastAck:
                script.Send("F.", 1, 1);
                break;
        }

        switch (state)
        {
            case TcpState.FinWait2 or TcpState.TimeWait:
                script.Send(".", 1, 2);
                break;
            case TcpState.Closing:
                script.Send("F.", 1, 1);
                break;
            case TcpState.LastAck:
                script.Socket.Shutdown();
                break;
        }

        if (state == TcpState.TimeWait)
        {
            script.Send("F.", 1, 2);
        }

        script.Forget();
        return script;
    }

    private static void Happen(TcpScript script, TcpState state, TcpEvent happened)
    {
        var peersFin = state is TcpState.CloseWait or TcpState.Closing or TcpState.LastAck or TcpState.TimeWait ? 1 : 0;
        var ownFin = state is TcpState.FinWait2 or TcpState.TimeWait ? 1 : 0;
        switch (happened)
        {
            case TcpEvent.Open:
                script.Open(out _);
                break;
            case TcpEvent.Syn:
                // an older one where a newer would begin another incarnation
                script.Send("S", state == TcpState.TimeWait ? -100_000 : 0, mss: 1460);
                break;
            case TcpEvent.SynAck:
                script.Send("S.", 0, 1, mss: 1460);
                break;
            case TcpEvent.AckOfSyn:
                script.Send(".", 1 + peersFin, 1);
                break;
            case TcpEvent.Close when state == TcpState.Listen:
                script.Host.Tcp.StopListening(80);
                break;
            case TcpEvent.Close when state == TcpState.SynSent:
                script.Socket.Close();
                break;
            case TcpEvent.Close:
                script.Socket.Shutdown();
                break;
            case TcpEvent.AckOfFin:
                // of one that was not sent, where there is none
                script.Send(".", 1 + peersFin, 2);
                break;
            case TcpEvent.Fin:
                script.Send("F.", 1, 1 + ownFin);
                break;
            case TcpEvent.Abort when state == TcpState.SynSent:
                script.Send("R.", 0, 1);
                break;
            case TcpEvent.Abort:
                script.Send("R", 1 + peersFin);
                break;
            case TcpEvent.Lapse:
                // the time of TIME-WAIT, which is none of the others'
                script.Run(60_100);
                break;
        }
    }

    /// <param name="began">Only who began with a listener looks for it afterwards; others have one beside their connection.</param>
    private static TcpState StateOf(TcpScript script, TcpState began)
    {
        var state = script.Host.Tcp.FindState(new InetEndpoint(TcpScript.Own, script.OwnPort), new InetEndpoint(TcpScript.Peer, TcpScript.PeerPort));
        return state == TcpState.Closed && began == TcpState.Listen && !script.Host.Tcp.TryListen(0, (ushort)script.Application.Port) ? TcpState.Listen : state;
    }
}
