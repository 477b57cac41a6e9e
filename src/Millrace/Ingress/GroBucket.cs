using Millrace.Memory;

namespace Millrace.Ingress;

/// <summary>The held packets of one bucket, the oldest first.</summary>
internal sealed class GroBucket(int capacity)
{
    private readonly GroHeld[] held = new GroHeld[capacity];

    public int Count { get; private set; }

    public bool IsFull => Count == held.Length;

    public ref GroHeld this[int index] => ref held[index];

    /// <summary>The place of the packet of the same flow, or -1.</summary>
    public int IndexOf(in GroSegment segment)
    {
        for (var i = 0; i < Count; i++)
        {
            if (held[i].First.IsSameFlow(in segment))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>A new last place, to be written whole.</summary>
    public ref GroHeld Add() => ref held[Count++];

    public void RemoveAt(int index)
    {
        Count--;
        Array.Copy(held, index + 1, held, index, Count - index);
    }
}

/// <summary>A packet that others may be merged into.</summary>
internal struct GroHeld
{
    public GroSegment First;
    public Frame Head;
    public Frame Last;

    /// <summary>Its IPv4 header, in bytes from the start of the head's slot.</summary>
    public int Offset;

    /// <summary>Bytes of the whole as one network packet.</summary>
    public int NetworkLength;

    public uint NextSequence;
    public int SegmentCount;
    public int WirePackets;
    public byte FlagsToAdd;
    public bool HasFixedIdentification;

    /// <summary>The tick of the poll that it came with, counted from 1; 0 until that poll has ended.</summary>
    public long HeldSince;
}
