using System.Text;
using static Millrace.Tcp.TcpState;

namespace Millrace.Tcp;

/// <summary>What can happen to a connection's state.</summary>
public enum TcpEvent : byte
{
    /// <summary>The application opens a connection.</summary>
    Open,

    /// <summary>A SYN without acknowledgment.</summary>
    Syn,

    /// <summary>A SYN that acknowledges ours.</summary>
    SynAck,

    /// <summary>Our SYN is acknowledged by a segment without SYN.</summary>
    AckOfSyn,

    /// <summary>The application closes its sending side.</summary>
    Close,

    /// <summary>Our FIN is acknowledged.</summary>
    AckOfFin,

    /// <summary>The peer's FIN was reached.</summary>
    Fin,

    /// <summary>A valid reset, an abort, or a time-out of the connection.</summary>
    Abort,

    /// <summary>Two maximum segment lifetimes in TIME-WAIT are over.</summary>
    Lapse,
}

/// <summary>
/// The state machine of RFC 9293 §3.3.2 (figure 5) with every cell explicit: the state itself where the event changes nothing.
/// A segment is judged before it becomes an event here (RFC 9293 §3.10.7.4).
/// </summary>
public static class TcpStateTable
{
    private const int EventCount = (int)TcpEvent.Lapse + 1;
    private const int StateCount = (int)TimeWait + 1;

    private static ReadOnlySpan<TcpState> Table =>
    [
        //               Open         Syn          SynAck       AckOfSyn     Close        AckOfFin     Fin          Abort   Lapse
        /* Closed      */ SynSent,     Closed,      Closed,      Closed,      Closed,      Closed,      Closed,      Closed, Closed,
        /* Listen      */ SynSent,     SynReceived, Listen,      Listen,      Closed,      Listen,      Listen,      Closed, Listen,
        /* SynSent     */ SynSent,     SynReceived, Established, SynSent,     Closed,      SynSent,     SynSent,     Closed, SynSent,
        /* SynReceived */ SynReceived, SynReceived, Established, Established, FinWait1,    SynReceived, CloseWait,   Closed, SynReceived,
        /* Established */ Established, Established, Established, Established, FinWait1,    Established, CloseWait,   Closed, Established,
        /* FinWait1    */ FinWait1,    FinWait1,    FinWait1,    FinWait1,    FinWait1,    FinWait2,    Closing,     Closed, FinWait1,
        /* FinWait2    */ FinWait2,    FinWait2,    FinWait2,    FinWait2,    FinWait2,    FinWait2,    TimeWait,    Closed, FinWait2,
        /* CloseWait   */ CloseWait,   CloseWait,   CloseWait,   CloseWait,   LastAck,     CloseWait,   CloseWait,   Closed, CloseWait,
        /* Closing     */ Closing,     Closing,     Closing,     Closing,     Closing,     TimeWait,    Closing,     Closed, Closing,
        /* LastAck     */ LastAck,     LastAck,     LastAck,     LastAck,     LastAck,     Closed,      LastAck,     Closed, LastAck,
        /* TimeWait    */ TimeWait,    TimeWait,    TimeWait,    TimeWait,    TimeWait,    TimeWait,    TimeWait,    Closed, Closed,
    ];

    public static TcpState Next(TcpState state, TcpEvent happened) => Table[((int)state * EventCount) + (int)happened];

    /// <summary>The table as text, a state a row; a dot where nothing changes.</summary>
    public static string Print()
    {
        var text = new StringBuilder();
        text.Append(' ', Width);
        for (var happened = 0; happened < EventCount; happened++)
        {
            text.Append(((TcpEvent)happened).ToString().PadRight(Width));
        }

        EndLine(text);
        for (var state = 0; state < StateCount; state++)
        {
            text.Append(((TcpState)state).ToString().PadRight(Width));
            for (var happened = 0; happened < EventCount; happened++)
            {
                var next = Next((TcpState)state, (TcpEvent)happened);
                text.Append((next == (TcpState)state ? "." : next.ToString()).PadRight(Width));
            }

            EndLine(text);
        }

        return text.ToString();
    }

    /// <summary>The table as a graph in Mermaid: an arrow for each pair of states, with the events that lead from one to the other.</summary>
    public static string Graph()
    {
        var text = new StringBuilder("stateDiagram-v2\n");
        for (var state = 0; state < StateCount; state++)
        {
            for (var next = 0; next < StateCount; next++)
            {
                var events = string.Join(", ", Leading((TcpState)state, (TcpState)next));
                if (next != state && events.Length > 0)
                {
                    text.Append("    ").Append((TcpState)state).Append(" --> ").Append((TcpState)next).Append(": ").Append(events).Append('\n');
                }
            }
        }

        return text.ToString();
    }

    private static IEnumerable<TcpEvent> Leading(TcpState state, TcpState next)
    {
        for (var happened = (TcpEvent)0; (int)happened < EventCount; happened++)
        {
            if (Next(state, happened) == next)
            {
                yield return happened;
            }
        }
    }

    private const int Width = 13;

    private static void EndLine(StringBuilder text)
    {
        while (text[^1] == ' ')
        {
            text.Length--;
        }

        text.Append('\n');
    }
}
