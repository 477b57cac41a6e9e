using Millrace.Sockets;

namespace Millrace.Tcp;

/// <content>What a socket asks before it has a connection, or after: ports in use, and what its connection would start with.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    public override (int Minimum, int Maximum) LocalPorts => (settings.LocalPortMinimum, settings.LocalPortMaximum);

    public override bool IsLocalPortInUse(ushort port)
    {
        for (var i = 0; i < unusedConnection; i++)
        {
            ref var connection = ref connections[i];
            if (connection.Has(TcpTraits.InUse) && !connection.Has(TcpTraits.Detached) && connection.LocalPort == port)
            {
                return true;
            }
        }

        for (var place = timeWaits.Oldest; place != TimeWaitTable.None; place = timeWaits[place].Next)
        {
            if (timeWaits[place].Key.LocalPort == port)
            {
                return true;
            }
        }

        return false;
    }

    public override int DefaultOf(TcpOption option) => ValueOf(DefaultOptions, option);

    public override int ReceiveBufferFor(int asked) =>
        asked < 0 ? memory.Rmem.Default : Math.Max(2 * Math.Min(asked, memory.RmemMax), MinimumReceiveBuffer);

    public override int SendBufferFor(int asked) =>
        asked < 0 ? memory.Wmem.Default : Math.Max(2 * Math.Min(asked, memory.WmemMax), MinimumSendBuffer);
}
