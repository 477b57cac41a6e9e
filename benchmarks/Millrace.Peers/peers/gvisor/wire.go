package main

import (
	"strings"

	"gvisor.dev/gvisor/pkg/bufferv2"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

const mtu = 1500

// wireOptions is how both ends of a wire behave.
type wireOptions struct {
	handover   bool // the receiver gets the sender's buffers
	offload    bool // checksums are neither computed nor verified
	gso        bool // packets of up to 64 KiB
	timestamps bool // let SYN segments offer RFC 7323 timestamps, as netstack always does
	full       bool // with SACK, RACK and CUBIC, whatever the defaults are
}

// wireOptionsOf reads them off the name of a variant.
func wireOptionsOf(variant string) wireOptions {
	full := strings.HasSuffix(variant, "-full")
	return wireOptions{
		handover:   strings.HasPrefix(variant, "handover"),
		offload:    strings.Contains(variant, "nochecksum"),
		gso:        strings.Contains(variant, "gso"),
		timestamps: full || strings.Contains(variant, "timestamps"),
		full:       full,
	}
}

// wireEnd is a link endpoint: what one stack writes, the other is given at once. TCP queues it for a goroutine of its own.
type wireEnd struct {
	wireOptions
	dispatcher stack.NetworkDispatcher
	peer       *wireEnd
	packets    int64
	flipAt     int64 // when positive, the packets until one loses a bit of its payload
}

func newWire(options wireOptions) (*wireEnd, *wireEnd) {
	a, b := &wireEnd{wireOptions: options}, &wireEnd{wireOptions: options}
	a.peer, b.peer = b, a
	return a, b
}

func (w *wireEnd) WritePackets(packets stack.PacketBufferList) (int, tcpip.Error) {
	for _, packet := range packets.AsSlice() {
		w.packets++
		received := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: w.carry(packet)})
		w.peer.dispatcher.DeliverNetworkPacket(header.IPv4ProtocolNumber, received)
		received.DecRef()
	}
	return packets.Len(), nil
}

func (w *wireEnd) carry(packet stack.PacketBufferPtr) bufferv2.Buffer {
	isSyn := header.TCP(packet.TransportHeader().Slice()).Flags()&header.TCPFlagSyn != 0
	flips := false
	if w.flipAt > 0 {
		w.flipAt--
		flips = w.flipAt == 0
	}
	// A packet that is changed must be a copy: the sender keeps its own for retransmission.
	needsSum := packet.GSOOptions.NeedsCsum && !w.offload
	if w.handover && !isSyn && !flips && !needsSum {
		return packet.ToBuffer()
	}

	view := bufferv2.NewViewSize(packet.Size())
	bytes, at := view.AsSlice(), 0
	for _, part := range packet.AsSlices() {
		at += copy(bytes[at:], part)
	}
	if isSyn && !w.timestamps {
		w.withholdTimestamps(header.IPv4(bytes))
	}
	if needsSum {
		completeChecksum(header.IPv4(bytes))
	}
	if flips {
		bytes[len(bytes)-1] ^= 1
	}
	return bufferv2.MakeWithView(view)
}

// withholdTimestamps overwrites the option by no-operations: netstack has no switch for it.
func (w *wireEnd) withholdTimestamps(ip header.IPv4) {
	tcp := header.TCP(ip.Payload())
	options := tcp.Options()
	for i := 0; i < len(options) && options[i] != header.TCPOptionEOL; {
		if options[i] == header.TCPOptionNOP {
			i++
			continue
		}
		end := i + int(options[i+1])
		if options[i] == header.TCPOptionTS {
			for j := i; j < end; j++ {
				options[j] = header.TCPOptionNOP
			}
		}
		i = end
	}
	if !w.offload {
		tcp.SetChecksum(header.PseudoHeaderChecksum(header.TCPProtocolNumber, ip.SourceAddress(), ip.DestinationAddress(), uint16(len(tcp))))
		completeChecksum(ip)
	}
}

// completeChecksum does what a NIC does with CHECKSUM_PARTIAL: the field holds the sum of the pseudo header.
func completeChecksum(ip header.IPv4) {
	tcp := header.TCP(ip.Payload())
	tcp.SetChecksum(^checksum.Checksum(tcp, 0))
}

func (w *wireEnd) Attach(dispatcher stack.NetworkDispatcher) { w.dispatcher = dispatcher }
func (w *wireEnd) IsAttached() bool                          { return w.dispatcher != nil }
func (*wireEnd) Wait()                                       {}
func (*wireEnd) MTU() uint32                                 { return mtu }
func (*wireEnd) MaxHeaderLength() uint16                     { return 0 }
func (*wireEnd) LinkAddress() tcpip.LinkAddress              { return "" }
func (*wireEnd) ARPHardwareType() header.ARPHardwareType     { return header.ARPHardwareNone }
func (*wireEnd) AddHeader(stack.PacketBufferPtr)             {}
func (*wireEnd) GSOMaxSize() uint32                          { return 65535 }

func (w *wireEnd) Capabilities() stack.LinkEndpointCapabilities {
	if w.offload {
		return stack.CapabilityTXChecksumOffload | stack.CapabilityRXChecksumOffload
	}
	return stack.CapabilityNone
}

func (w *wireEnd) SupportedGSO() stack.SupportedGSO {
	if w.gso {
		return stack.HostGSOSupported
	}
	return stack.GSONotSupported
}
