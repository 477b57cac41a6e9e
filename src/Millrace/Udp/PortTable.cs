namespace Millrace.Udp;

/// <summary>Which application listens on a port: open addressing, at most half full.</summary>
internal sealed class PortTable
{
    private Entry[] entries;
    private int mask;
    private int count;

    /// <param name="capacity">Ports it can hold before it grows.</param>
    public PortTable(int capacity)
    {
        entries = new Entry[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, capacity) * 2)];
        mask = entries.Length - 1;
    }

    /// <returns>False if the port is taken.</returns>
    public bool TryAdd(ushort port, int application)
    {
        if ((count + 1) * 2 > entries.Length)
        {
            Rebuild(entries.Length * 2, without: 0);
        }

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
        count++;
        return true;
    }

    public void Remove(ushort port) => Rebuild(entries.Length, port);

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

    // applications that bind at run time do so seldom
    private void Rebuild(int length, ushort without)
    {
        var before = entries;
        entries = new Entry[length];
        mask = length - 1;
        count = 0;
        foreach (var entry in before)
        {
            if (entry.IsUsed && entry.Port != without)
            {
                TryAdd(entry.Port, entry.Application);
            }
        }
    }

    private int Slot(ushort port) => (int)((port * 0x9E3779B1u) >> 16) & mask;

    private struct Entry
    {
        public int Application;
        public ushort Port;
        public bool IsUsed;
    }
}
