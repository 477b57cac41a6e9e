using Millrace.Headers;
using Millrace.Memory;
using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>What the network says of segments sent (RFC 5461, RFC 5927, RFC 1191).</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    public void TransportFailed(in TransportError error, long now)
    {
        SetTime(now);
        var key = new FlowKey(error.Local.Address, error.Remote.Address, error.Local.Port, error.Remote.Port);
        if (error.Protocol != IpProtocol.Tcp || !flows.TryFind(in key, out var index) || index < 0)
        {
            return;
        }

        ref var connection = ref connections[index];
        var sequence = new SequenceNumber(error.Sequence);
        if (sequence < connection.SndUna || sequence >= connection.SndMax)
        {
            // not of a segment in flight: forged, or too late to matter (RFC 5927 §4.1)
            counters.OutOfWindowIcmps++;
            return;
        }

        if (error.Kind == TransportErrorKind.PacketTooBig)
        {
            var known = network.PathMtu(connection.RemoteAddress);
            ShrinkMss(index, ref connection, error.Mtu < known ? network.LearnPathMtu(connection.RemoteAddress, error.Mtu, now) : known);
            return;
        }

        var reason = error.Kind switch
        {
            TransportErrorKind.NetworkUnreachable => TcpCloseReason.NetworkUnreachable,
            TransportErrorKind.PortUnreachable or TransportErrorKind.ProtocolUnreachable => TcpCloseReason.Refused,
            _ => TcpCloseReason.HostUnreachable,
        };
        if (connection.State is TcpState.SynSent or TcpState.SynReceived && !connection.IsOpenEarly)
        {
            // nothing to lose yet (RFC 5461 §4.1; Linux takes them for hard here)
            counters.AttemptFails++;
            Transit(ref connection, TcpEvent.Abort);
            Finish(index, reason);
        }
        else
        {
            connection.SoftError = reason == TcpCloseReason.Refused ? TcpCloseReason.HostUnreachable : reason;
        }
    }

    /// <summary>An interface changed; its MTU may have.</summary>
    public void InterfaceChanged(long now)
    {
        SetTime(now);
        for (var i = 0; i < unusedConnection; i++)
        {
            ref var connection = ref connections[i];
            if (connection.Has(TcpTraits.InUse) && connection.State is > TcpState.SynReceived and < TcpState.TimeWait)
            {
                SynchronizeMss(ref connection);
            }
        }
    }

    /// <summary>The path's MTU has shrunk: what was too long is lost, and goes again in smaller pieces at once.</summary>
    private void ShrinkMss(int index, ref TcpConnection connection, int mtu)
    {
        var before = connection.Mss;
        SynchronizeMss(ref connection);
        var size = mtu - connection.NetworkHeaderLength - connection.HeaderLength;
        connection.Mss = (ushort)Math.Clamp(size, settings.MinimumSegmentSize, connection.Mss);
        if (connection.Mss >= before || connection.State <= TcpState.SynReceived)
        {
            return;
        }

        // the loss says nothing of congestion (RFC 1191 §6.5): the window in segments stays
        LoseTooLong(index, ref connection);
    }
}
