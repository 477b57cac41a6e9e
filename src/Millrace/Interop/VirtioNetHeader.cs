using System.Runtime.InteropServices;

namespace Millrace.Interop;

/// <summary>
/// struct virtio_net_hdr (include/uapi/linux/virtio_net.h) as a TAP uses it, in the byte order of the host.
/// <code>
/// 0  flags (1)
/// 1  gso_type (1)
/// 2  hdr_len (2)
/// 4  gso_size (2)
/// 6  csum_start (2)
/// 8  csum_offset (2)
/// </code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct VirtioNetHeader
{
    public const int Length = 10;

    public const byte NeedsChecksum = 1;
    public const byte DataValid = 2;

    public const byte GsoNone = 0;
    public const byte GsoTcp4 = 1;
    public const byte GsoEcn = 0x80;

    public byte Flags;
    public byte GsoType;

    /// <summary>Bytes of all headers before the payload that is to be cut; a hint.</summary>
    public ushort HeaderLength;

    public ushort GsoSize;

    /// <summary>From the start of the packet.</summary>
    public ushort ChecksumStart;

    /// <summary>From <see cref="ChecksumStart"/>.</summary>
    public ushort ChecksumOffset;
}
