package main

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/faketime"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// jumpEvery connections the clock leaps over TIME-WAIT: well before the client's 49,536 ports are used up.
const jumpEvery = 16384

func openAndClose(e *ends, clock *faketime.ManualClock, count int) (elapsed, bool) {
	listener := e.listen(5001)
	defer listener.Close()
	right := true
	var answer [2]byte
	start := startStopwatch()
	for i := 1; i <= count; i++ {
		c := e.connect(listener, 5001)
		send(c.client, []byte{byte(i)})
		right = receive(c.server, answer[:1]) == 1 && answer[0] == byte(i) && right
		send(c.server, []byte{^byte(i)})
		right = receive(c.client, answer[:1]) == 1 && answer[0] == ^byte(i) && right

		c.client.Close()
		right = receive(c.server, answer[:1]) == 0 && right // the end
		c.server.Close()
		for tcp.EndpointState(c.client.State()) != tcp.StateTimeWait {
			runtime.Gosched()
		}
		if i%jumpEvery == 0 || i == count {
			clock.Advance(61 * time.Second)
		}
	}
	return start.elapsed(), right
}

func runConnecting(variant string, quick bool) {
	clock := faketime.NewManualClock()
	e := newEnds(wireOptionsOf(variant), 64<<10, clock)
	count := 2 * jumpEvery
	if quick {
		count = jumpEvery
	}
	_, warm := openAndClose(e, clock, count/8)
	took, right := openAndClose(e, clock, count)
	opened := e.server.Stats().TCP.PassiveConnectionOpenings.Value()
	right = right && warm && e.resets() == 0 && opened == uint64(count+count/8) &&
		e.client.Stats().TCP.CurrentConnected.Value() == 0 && e.server.Stats().TCP.CurrentConnected.Value() == 0
	cpu := float64(count) * 1e9 / took.cpu
	printLine(reading{variant, "connections/s", float64(count) * 1e9 / took.wall, &cpu, right,
		fmt.Sprintf("TIME-WAIT jumped by virtual time each %d connections", jumpEvery)})
}

// heap is what is live, and the stacks of goroutines.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one finalised
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.HeapAlloc + memory.StackInuse
}

func runOpenConnections(variant string, quick bool) {
	thousands, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSuffix(variant, "-full"), "k"))
	count := thousands * 1000
	e := newEnds(wireOptionsOf(variant), 64<<10, nil)
	connections := make([]connection, 0, count)
	x := newExchanger()
	const firstPort, perPort = 5001, 20000
	listener := e.listen(firstPort)
	x.times(1000, e.connect(listener, firstPort))

	start := startStopwatch()
	before := heap()
	for port := uint16(firstPort + 1); len(connections) < count; port++ {
		listener := e.listen(port)
		for i := 0; i < perPort && len(connections) < count; i++ {
			connections = append(connections, e.connect(listener, port))
		}
	}
	size := float64(heap()-before) / float64(2*count)
	opening := start.elapsed()

	times := 50000
	if quick {
		times = 20000
	}
	one := x.times(times, connections[count/2])
	start = startStopwatch()
	for i := 0; i < times; i++ {
		x.exchange(connections[(i*7919)%count]) // prime: over all in turn, no two neighbours
	}
	rotate := start.elapsed()

	established := 0
	for _, c := range connections {
		if tcp.EndpointState(c.client.State()) == tcp.StateEstablished && tcp.EndpointState(c.server.State()) == tcp.StateEstablished {
			established++
		}
	}
	valid := x.wrong == 0 && established == count && e.resets() == 0
	printFigure("one-"+variant, "ns/roundtrip", one, 1/float64(times), valid, "copying wire")
	printFigure("rotate-"+variant, "ns/roundtrip", rotate, 1/float64(times), valid, "copying wire")
	printLine(reading{"bytes-" + variant, "B/endpoint", size, nil, valid,
		fmt.Sprintf("live heap and goroutines' stacks after a collection, with and without the connections, which took %.1f s to open", opening.cpu/1e9)})
}
