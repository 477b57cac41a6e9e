namespace Millrace.Udp;

/// <summary>Which application listens on a port: open addressing, at most half full, built once.</summary>
internal sealed class PortTable
{
    private readonly Entry[] entries;
    private readonly int mask;

    /// <param name="capacity">Ports it can hold.</param>
    public PortTable(int capacity)
    {
        entries = new Entry[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity) * 2)];
        mask = entries.Length - 1;
    }

    /// <returns>False if the port is taken.</returns>
    public bool TryAdd(ushort port, int application)
    {
        var i = Slot(port);
        while (entries[i].IsUsed)
        {
            if (entries[i].Port == port)
            {
                return false;
            }

            i = (i + 1) & mask;
        }

        entries[i] = new Entry { Port = port, Application = application, IsUsed = true };
        return true;
    }

    /// <returns>The application, or -1 if nobody listens.</returns>
    public int Find(ushort port)
    {
        for (var i = Slot(port); entries[i].IsUsed; i = (i + 1) & mask)
        {
            if (entries[i].Port == port)
            {
                return entries[i].Application;
            }
        }

        return -1;
    }

    private int Slot(ushort port) => (int)((port * 0x9E3779B1u) >> 16) & mask;

    private struct Entry
    {
        public int Application;
        public ushort Port;
        public bool IsUsed;
    }
}
