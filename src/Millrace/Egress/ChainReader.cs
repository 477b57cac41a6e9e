using Millrace.Memory;

namespace Millrace.Egress;

/// <summary>Reads the bytes of a packet one after another over its frames.</summary>
internal struct ChainReader(Frame head, int offset)
{
    private Frame frame = head;
    private int offset = offset;

    /// <summary>Copies the next bytes; there must be as many left.</summary>
    public void Read(Arena arena, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            ref var metadata = ref arena.Metadata(frame);
            var data = Arena.Data(ref metadata)[offset..];
            if (data.Length > destination.Length)
            {
                data[..destination.Length].CopyTo(destination);
                offset += destination.Length;
                return;
            }

            data.CopyTo(destination);
            destination = destination[data.Length..];
            frame = metadata.NextFragment;
            offset = 0;
        }
    }
}
