package main

import (
	"bytes"
	"runtime"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const (
	nic           = 1
	clientAddress = tcpip.Address("\x0a\x00\x00\x01")
	serverAddress = tcpip.Address("\x0a\x00\x00\x02")
)

// ends are two stacks on a wire.
type ends struct {
	client, server         *stack.Stack
	clientWire, serverWire *wireEnd
}

// newEnds makes two stacks whose buffers hold so many bytes; a nil clock is the system's.
func newEnds(options wireOptions, buffer int, clock tcpip.Clock) *ends {
	e := &ends{}
	e.clientWire, e.serverWire = newWire(options)
	e.client = newStack(e.clientWire, clientAddress, buffer, clock)
	e.server = newStack(e.serverWire, serverAddress, buffer, clock)
	return e
}

func newStack(wire *wireEnd, address tcpip.Address, buffer int, clock tcpip.Clock) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
		Clock:              clock,
	})
	must(s.CreateNIC(nic, wire))
	must(s.AddProtocolAddress(nic, tcpip.ProtocolAddress{Protocol: ipv4.ProtocolNumber, AddressWithPrefix: address.WithPrefix()}, stack.AddressProperties{}))
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: nic}})

	// The window is half the receive buffer, the other half stands for the overhead of segments (rcvAdvWndScale). Nothing grows by itself.
	moderate := tcpip.TCPModerateReceiveBufferOption(false)
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &moderate))
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &tcpip.TCPReceiveBufferSizeRangeOption{Min: 1, Default: 2 * buffer, Max: 2 * buffer}))
	must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &tcpip.TCPSendBufferSizeRangeOption{Min: 1, Default: buffer, Max: buffer}))
	if wire.full {
		sack, recovery, control := tcpip.TCPSACKEnabled(true), tcpip.TCPRACKLossDetection, tcpip.CongestionControlOption("cubic")
		must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
		must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &recovery))
		must(s.SetTransportProtocolOption(tcp.ProtocolNumber, &control))
	}
	return s
}

func newSocket(s *stack.Stack) tcpip.Endpoint {
	socket, err := s.NewEndpoint(tcp.ProtocolNumber, ipv4.ProtocolNumber, &waiter.Queue{})
	must(err)
	return socket
}

func (e *ends) listen(port uint16) tcpip.Endpoint {
	listener := newSocket(e.server)
	must(listener.Bind(tcpip.FullAddress{Port: port}))
	must(listener.Listen(16))
	return listener
}

// connection is one seen from both ends.
type connection struct {
	client, server tcpip.Endpoint
}

// connect waits by yielding: with one processor that runs netstack's goroutines, and costs less than a channel.
func (e *ends) connect(listener tcpip.Endpoint, port uint16) connection {
	client := newSocket(e.client)
	err := client.Connect(tcpip.FullAddress{NIC: nic, Addr: serverAddress, Port: port})
	if _, started := err.(*tcpip.ErrConnectStarted); !started {
		must(err)
	}
	for {
		server, _, err := listener.Accept(nil)
		if err == nil {
			return connection{client, server}
		}
		mustBlock(err)
		runtime.Gosched()
	}
}

// send writes a message that fits into the buffer.
func send(from tcpip.Endpoint, message []byte) {
	written, err := from.Write(bytes.NewReader(message), tcpip.WriteOptions{})
	must(err)
	if written != int64(len(message)) {
		fail("%d of %d bytes fitted", written, len(message))
	}
}

// receive reads until the buffer is full, or the other end has closed; it gives the bytes read.
func receive(at tcpip.Endpoint, buffer []byte) int {
	done := 0
	for done < len(buffer) {
		room := tcpip.SliceWriter(buffer[done:])
		result, err := at.Read(&room, tcpip.ReadOptions{})
		if err == nil {
			done += result.Count
			continue
		}
		if _, closed := err.(*tcpip.ErrClosedForReceive); closed {
			break
		}
		mustBlock(err)
		runtime.Gosched()
	}
	return done
}

func (e *ends) resets() uint64 {
	return e.client.Stats().TCP.ResetsSent.Value() + e.server.Stats().TCP.ResetsSent.Value()
}

func must(err tcpip.Error) {
	if err != nil {
		fail("netstack: %s", err)
	}
}

func mustBlock(err tcpip.Error) {
	if _, blocks := err.(*tcpip.ErrWouldBlock); !blocks {
		must(err)
	}
}
