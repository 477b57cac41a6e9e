using Millrace.Interop;
using Millrace.Memory;

namespace Millrace.Tcp;

/// <summary>Numbers of TCP's flow table: a connection's place, or the complement of one in TIME-WAIT.</summary>
internal readonly struct TcpFlows(NativeTable<TcpConnection> connections, TimeWaitTable timeWaits) : IFlowKeys
{
    public bool IsKeyOf(int value, in FlowKey key)
    {
        if (value < 0)
        {
            return timeWaits[~value].HasKey(in key);
        }

        ref var connection = ref connections[value];
        return connection.LocalPort == key.LocalPort && connection.RemotePort == key.RemotePort
            && connection.RemoteAddress == key.Remote && connection.LocalAddress == key.Local;
    }
}
