using Millrace.Tcp;

namespace Millrace.Tests.Tcp;

public sealed class StateTableTests
{
    /// <summary>RFC 9293 §3.3.2, figure 5, with every cell; a dot is a state that stays.</summary>
    private const string Figure =
        """
                     Open         Syn          SynAck       AckOfSyn     Close        AckOfFin     Fin          Abort        Lapse
        Closed       SynSent      .            .            .            .            .            .            .            .
        Listen       SynSent      SynReceived  .            .            Closed       .            .            Closed       .
        SynSent      .            SynReceived  Established  .            Closed       .            .            Closed       .
        SynReceived  .            .            Established  Established  FinWait1     .            CloseWait    Closed       .
        Established  .            .            .            .            FinWait1     .            CloseWait    Closed       .
        FinWait1     .            .            .            .            .            FinWait2     Closing      Closed       .
        FinWait2     .            .            .            .            .            .            TimeWait     Closed       .
        CloseWait    .            .            .            .            LastAck      .            .            Closed       .
        Closing      .            .            .            .            .            TimeWait     .            Closed       .
        LastAck      .            .            .            .            .            Closed       .            Closed       .
        TimeWait     .            .            .            .            .            .            .            Closed       Closed

        """;

    [Fact]
    public void The_table_is_the_figure_of_the_RFC() => Assert.Equal(Figure, TcpStateTable.Print());

    [Fact]
    public void Every_state_but_Closed_can_be_aborted()
    {
        foreach (var state in Enum.GetValues<TcpState>())
        {
            Assert.Equal(TcpState.Closed, TcpStateTable.Next(state, TcpEvent.Abort));
        }
    }
}
