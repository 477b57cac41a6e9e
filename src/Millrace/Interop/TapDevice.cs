using System.Runtime.InteropServices;
using System.Text;
using Millrace.Memory;

namespace Millrace.Interop;

/// <summary>
/// One queue of a TAP: a descriptor, and the vectors of memory it reads into and writes from. Frames that are posted stand
/// in a native array of vectors, the latest first, so that a read needs no vector to be built: the one of the header is
/// put before them, where the next frame posted will stand.
/// </summary>
internal sealed unsafe class TapDevice : IDisposable
{
    public const ushort FlagTap = 0x2;
    public const ushort FlagNoPacketInformation = 0x1000;
    public const ushort FlagVnetHeader = 0x4000;
    public const ushort FlagMultiQueue = 0x100;

    public const uint OffloadChecksum = 0x1;
    public const uint OffloadTcp4 = 0x2;
    public const uint OffloadTcpEcn = 0x8;

    /// <summary>Frames one packet may be spread over when it is written: what the kernel takes in one call, less the header.</summary>
    public const int MaximumFrames = 1024 - 1;

    private const nuint SetInterface = 0x4004_54CA;
    private const nuint SetOffload = 0x4004_54D0;
    private const nuint SetVnetHeaderLength = 0x4004_54D8;
    private const int NameLength = 16;
    private const int RequestLength = 40;

    private readonly int descriptor;
    private readonly int wakeDescriptor;
    private readonly int ringSize;
    private readonly Frame[] posted;
    private int interest = -1;
    private bool isMasked;
    private IoVector* receiveVectors;
    private IoVector* transmitVectors;
    private VirtioNetHeader* header;
    private int postedCount;

    private TapDevice(int descriptor, int wakeDescriptor, int ringSize)
    {
        this.descriptor = descriptor;
        this.wakeDescriptor = wakeDescriptor;
        this.ringSize = ringSize;
        posted = new Frame[ringSize];
        receiveVectors = (IoVector*)NativeMemory.AllocZeroed((nuint)ringSize + 1, (nuint)sizeof(IoVector));
        transmitVectors = (IoVector*)NativeMemory.AllocZeroed(MaximumFrames + 1, (nuint)sizeof(IoVector));
        header = (VirtioNetHeader*)NativeMemory.AllocZeroed((nuint)sizeof(VirtioNetHeader));
    }

    public int PostedCount => postedCount;

    /// <summary>Readable when there is a packet, writable when there is room for one.</summary>
    public int Descriptor => descriptor;

    /// <summary>Opens /dev/net/tun and attaches to an interface, making it if it is not there.</summary>
    /// <param name="name">A name, or a pattern such as <c>tap%d</c>; the real one afterwards.</param>
    /// <param name="step">What failed: the path, or the ioctl.</param>
    /// <returns>0, or an error as a negative number.</returns>
    public static int Open(ref string name, ushort flags, int ringSize, out TapDevice? device, out string step)
    {
        device = null;
        step = "/dev/net/tun";
        var descriptor = Libc.Open("/dev/net/tun\0"u8, Libc.OpenReadWrite | Libc.OpenNonBlocking | Libc.OpenCloseOnExec);
        if (descriptor < 0)
        {
            return descriptor;
        }

        step = "TUNSETIFF";
        var request = stackalloc byte[RequestLength];
        new Span<byte>(request, RequestLength).Clear();
        Encoding.ASCII.GetBytes(name, new Span<byte>(request, NameLength - 1));
        *(ushort*)(request + NameLength) = flags;
        var error = Libc.Control(descriptor, SetInterface, request);
        if (error == 0)
        {
            step = "TUNSETVNETHDRSZ";
            var length = VirtioNetHeader.Length;
            error = Libc.Control(descriptor, SetVnetHeaderLength, &length);
        }

        var wakeDescriptor = 0;
        if (error == 0)
        {
            step = "eventfd";
            wakeDescriptor = Libc.OpenEvent();
            error = Math.Min(0, wakeDescriptor);
        }

        if (error != 0)
        {
            _ = Libc.Close(descriptor);
            return error;
        }

        name = Encoding.ASCII.GetString(new ReadOnlySpan<byte>(request, NameLength)).TrimEnd('\0');
        device = new TapDevice(descriptor, wakeDescriptor, ringSize);
        return 0;
    }

    /// <summary>Says what the reader can take: unfinished checksums, unsegmented packets.</summary>
    public int Offload(uint offloads) => Libc.Control(descriptor, SetOffload, (void*)offloads);

    /// <summary>Adds a frame for reading; its data offset is where data will begin.</summary>
    public void Post(Frame frame, ref readonly FrameMetadata metadata)
    {
        posted[postedCount++] = frame;
        ref var vector = ref receiveVectors[ringSize + 1 - postedCount];
        vector.Address = FrameStore.Address(in metadata) + metadata.DataOffset;
        vector.Length = (nuint)(Arena.Stride - metadata.DataOffset);
    }

    /// <summary>The frame that data is read into next.</summary>
    public Frame TakePosted() => posted[--postedCount];

    /// <summary>Reads one packet into the frames posted last, which stay posted.</summary>
    /// <param name="frames">Frames to offer at most.</param>
    /// <returns>Bytes of the packet, or an error as a negative number.</returns>
    public int Receive(int frames, out VirtioNetHeader received)
    {
        var first = receiveVectors + ringSize - postedCount;
        first->Address = header;
        first->Length = VirtioNetHeader.Length;
        *header = default;
        var length = Libc.ReadVector(descriptor, first, Math.Min(frames, postedCount) + 1);
        received = *header;
        return length < 0 ? length : Math.Max(0, length - VirtioNetHeader.Length);
    }

    /// <summary>Writes one packet.</summary>
    /// <returns>Bytes written, or an error as a negative number.</returns>
    public int Transmit(Arena arena, Frame packet, in VirtioNetHeader sent)
    {
        *header = sent;
        transmitVectors[0].Address = header;
        transmitVectors[0].Length = VirtioNetHeader.Length;
        var count = 1;
        for (var frame = packet; !frame.IsNone;)
        {
            if (count > MaximumFrames)
            {
                return -Errno.Invalid;
            }

            ref var metadata = ref arena.Metadata(frame);
            transmitVectors[count].Address = FrameStore.Address(in metadata) + metadata.DataOffset;
            transmitVectors[count].Length = metadata.DataLength;
            count++;
            frame = metadata.NextFragment;
        }

        return Libc.WriteVector(descriptor, transmitVectors, count);
    }

    /// <summary>Sleeps until there is a packet (or room to write, if asked for), a wake-up, or the time is over.</summary>
    /// <returns>Whether there may be work.</returns>
    public bool Wait(TimeSpan timeout, bool forRoom)
    {
        var inner = Volatile.Read(ref interest);
        if (inner >= 0)
        {
            return WaitForInterest(timeout, inner, forRoom);
        }

        Span<PollDescriptor> descriptors =
        [
            new() { Descriptor = wakeDescriptor, Events = Libc.PollIn },
            new() { Descriptor = descriptor, Events = forRoom ? (short)(Libc.PollIn | Libc.PollOut) : Libc.PollIn },
        ];
        var ready = Libc.Poll(descriptors, timeout);
        if (ready > 0 && descriptors[0].Returned == 0 && (descriptors[1].Returned & (Libc.PollIn | Libc.PollOut)) == 0)
        {
            // the interface is in error, and says so at once every time: only a wake-up ends this sleep
            ready = Libc.Poll(descriptors[..1], timeout);
        }

        if (descriptors[0].Returned != 0)
        {
            Libc.ClearEvent(wakeDescriptor);
        }

        return ready != 0;
    }

    /// <summary>
    /// Masks or arms the interrupt, also for a thread that waits. The first call makes a set of interest (epoll(7)) that is waited
    /// in from then on, because a ppoll(2) under way cannot be told anything; who never masks waits without it.
    /// </summary>
    public void SetInterrupt(bool armed)
    {
        if (isMasked != armed)
        {
            return;
        }

        if (interest < 0)
        {
            var opened = Libc.OpenInterest(descriptor);
            if (opened < 0)
            {
                return;
            }

            Volatile.Write(ref interest, opened);
        }

        if (Libc.SetInterest(interest, descriptor, armed) == 0)
        {
            isMasked = !armed;
        }
    }

    private bool WaitForInterest(TimeSpan timeout, int inner, bool forRoom)
    {
        Span<PollDescriptor> descriptors =
        [
            new() { Descriptor = wakeDescriptor, Events = Libc.PollIn },
            new() { Descriptor = inner, Events = Libc.PollIn },
            new() { Descriptor = descriptor, Events = Libc.PollOut },
        ];
        var ready = Libc.Poll(descriptors[..(forRoom ? 3 : 2)], timeout);
        if (ready > 0 && descriptors[0].Returned == 0 && (descriptors[2].Returned & Libc.PollOut) == 0)
        {
            // as above: an interface in error
            descriptors[2].Events = Libc.PollIn;
            if (Libc.Poll(descriptors[2..], TimeSpan.Zero) > 0 && (descriptors[2].Returned & Libc.PollIn) == 0)
            {
                ready = Libc.Poll(descriptors[..1], timeout);
            }
        }

        if (descriptors[0].Returned != 0)
        {
            Libc.ClearEvent(wakeDescriptor);
        }

        return ready != 0;
    }

    public void Wake()
    {
        if (receiveVectors is not null)
        {
            Libc.SignalEvent(wakeDescriptor);
        }
    }

    public void Dispose()
    {
        if (receiveVectors is null)
        {
            return;
        }

        _ = Libc.Close(descriptor);
        _ = Libc.Close(wakeDescriptor);
        if (interest >= 0)
        {
            _ = Libc.Close(interest);
        }

        NativeMemory.Free(receiveVectors);
        NativeMemory.Free(transmitVectors);
        NativeMemory.Free(header);
        receiveVectors = null;
        transmitVectors = null;
        header = null;
    }
}
