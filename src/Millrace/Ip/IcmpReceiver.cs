using Millrace.Headers;
using Millrace.Memory;
using Millrace.Workers;

namespace Millrace.Ip;

/// <summary>Takes ICMP messages: answers echo requests, hands errors to the transports and narrow paths to the path-MTU table.</summary>
internal sealed class IcmpReceiver(
    Arena arena, IIpv4Settings settings, Ipv4Link[] links, IcmpSender sender, SentPacketErrors errors, PathMtuTable paths, HopCache hops)
{
    // RFC 1122 §3.2.2.1: an error quotes the header and at least eight bytes behind it
    private const int QuotedTransportLength = 8;

    /// <param name="offset">Of the ICMP header, in bytes from the start of the slot.</param>
    public Verdict Receive(Frame packet, int offset, ref FrameMetadata metadata, long now)
    {
        var length = metadata.TotalLength - (offset - metadata.DataOffset);
        var message = Arena.Data(ref metadata).Slice(offset - metadata.DataOffset);
        if (message.Length < IcmpHeader.Length)
        {
            return Verdict.Drop(DropReason.PacketTooSmall);
        }

        if (metadata.Checksum == ChecksumState.None && PacketChecksum.Sum(arena, packet, offset, length) != 0xFFFF)
        {
            return Verdict.Drop(DropReason.IcmpChecksum);
        }

        switch (IcmpHeader.Type(message))
        {
            case IcmpType.EchoRequest:
                return Echo(packet, offset, length, ref metadata);
            case IcmpType.EchoReply:
                return Verdict.Consumed;
            case IcmpType.DestinationUnreachable or IcmpType.TimeExceeded or IcmpType.ParameterProblem:
                return ReceiveError(message, now);
            case IcmpType.SourceQuench or IcmpType.Redirect:
                // RFC 6633 deprecates the one; the other is not followed: routes come from the control plane
                return Verdict.Consumed;
            default:
                // RFC 1122 §3.2.2: an unknown type is silently discarded
                return Verdict.Drop(DropReason.IcmpInvalid);
        }
    }

    private Verdict Echo(Frame packet, int offset, int length, ref FrameMetadata metadata)
    {
        var destination = Ipv4Header.Destination(Arena.Slot(ref metadata).Slice(metadata.NetworkOffset));
        if (Ipv4Kind.IsMulticast(destination) || destination == Ipv4Kind.LimitedBroadcast || links.Broadcast(destination))
        {
            // icmp_echo_ignore_broadcasts
            return Verdict.Consumed;
        }

        return sender.TrySendEchoReply(packet, offset, length) ? Verdict.Consumed : Verdict.Drop(DropReason.NoMemory);
    }

    private Verdict ReceiveError(ReadOnlySpan<byte> message, long now)
    {
        var quoted = message.Slice(IcmpHeader.Length);
        if (quoted.Length < Ipv4Header.Length || Ipv4Header.Version(quoted) != 4)
        {
            return Verdict.Drop(DropReason.IcmpInvalid);
        }

        var headerLength = Ipv4Header.HeaderLength(quoted);
        var source = Ipv4Header.Source(quoted);
        if (headerLength < Ipv4Header.Length || quoted.Length < headerLength + QuotedTransportLength || !IsOwn(source)
            || Ipv4Header.FragmentStart(quoted) != 0)
        {
            // nothing that this stack could have sent, or a piece without ports
            return Verdict.Drop(DropReason.IcmpInvalid);
        }

        var type = IcmpHeader.Type(message);
        var code = IcmpHeader.Code(message);
        var destination = Ipv4Header.Destination(quoted);
        var mtu = 0;
        if (type == IcmpType.DestinationUnreachable && code == IcmpUnreachable.FragmentationNeeded)
        {
            mtu = IcmpHeader.NextHopMtu(message);
            if (mtu >= Ipv4Header.TotalLength(quoted))
            {
                // a packet that fits does not need fragmentation (RFC 5927 §7.2)
                return Verdict.Drop(DropReason.IcmpInvalid);
            }

            if (Ipv4Header.Protocol(quoted) != IpProtocol.Tcp)
            {
                // TCP first looks whether it has sent this, and then says so itself
                mtu = LearnPathMtu(destination, mtu, now);
            }
        }

        errors.Report(KindOf(type, code), Ipv4Header.Protocol(quoted), source, destination, quoted.Slice(headerLength), mtu);
        return Verdict.Consumed;
    }

    /// <summary>Believes a smaller MTU (__ip_rt_update_pmtu); an old router says 0, which is below the minimum too.</summary>
    /// <returns>The MTU now.</returns>
    public int LearnPathMtu(uint destination, int mtu, long now)
    {
        var known = paths.TryFind(destination, out var current, out _) ? current : int.MaxValue;
        var isLocked = mtu < settings.MinimumPathMtu;
        var learnt = Math.Min(known, Math.Max(mtu, settings.MinimumPathMtu));
        Learn(destination, learnt, isLocked, now);
        Workers?.Tell(new WorkerNotice(WorkerNoticeKind.PathMtu, Address: InetAddress.FromIpv4(destination), Number: learnt, Flag: isLocked));
        return learnt;
    }

    /// <summary>The other workers, who send by the same paths; null where there are none.</summary>
    public WorkerPort? Workers { get; set; }

    /// <summary>Learns the path MTU that another worker was told of.</summary>
    public void Noticed(in WorkerNotice notice, long now) => Learn(notice.Address.Ipv4, notice.Number, notice.Flag, now);

    private void Learn(uint destination, int mtu, bool isLocked, long now)
    {
        paths.Learn(destination, mtu, isLocked, now + (settings.PathMtuSeconds * Durations.Second));
        hops.Invalidate();
    }

    private static TransportErrorKind KindOf(IcmpType type, byte code) => type switch
    {
        IcmpType.TimeExceeded => TransportErrorKind.TimeExceeded,
        IcmpType.ParameterProblem => TransportErrorKind.ParameterProblem,
        _ => code switch
        {
            IcmpUnreachable.Network or IcmpUnreachable.NetworkUnknown or IcmpUnreachable.NetworkForService => TransportErrorKind.NetworkUnreachable,
            IcmpUnreachable.Protocol => TransportErrorKind.ProtocolUnreachable,
            IcmpUnreachable.Port => TransportErrorKind.PortUnreachable,
            IcmpUnreachable.FragmentationNeeded => TransportErrorKind.PacketTooBig,
            IcmpUnreachable.NetworkProhibited or IcmpUnreachable.HostProhibited or >= IcmpUnreachable.Filtered =>
                TransportErrorKind.AdministrativelyProhibited,
            _ => TransportErrorKind.HostUnreachable,
        },
    };

    private bool IsOwn(uint address) => links.Own(address);
}
