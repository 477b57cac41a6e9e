package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
	"time"
)

// exchanger sends a numbered message of 64 bytes there and back, and compares it whole.
type exchanger struct {
	number           uint64
	message, arrived [64]byte
	wrong            int64
}

func newExchanger() *exchanger {
	x := &exchanger{}
	copy(x.message[:], patternAt(0))
	return x
}

func (x *exchanger) exchange(c connection) {
	x.number++
	binary.LittleEndian.PutUint64(x.message[:], x.number)
	send(c.client, x.message[:])
	receive(c.server, x.arrived[:])
	send(c.server, x.arrived[:])
	x.arrived = [64]byte{}
	receive(c.client, x.arrived[:])
	if !bytes.Equal(x.message[:], x.arrived[:]) {
		x.wrong++
	}
}

func (x *exchanger) times(count int, c connection) elapsed {
	start := startStopwatch()
	for i := 0; i < count; i++ {
		x.exchange(c)
	}
	return start.elapsed()
}

func startPingPong(variant string) (*ends, connection) {
	e := newEnds(wireOptionsOf(variant), 64<<10, nil)
	return e, e.connect(e.listen(5001), 5001)
}

func runPingPong(variant string, quick bool) {
	e, c := startPingPong(variant)
	x := newExchanger()
	count := 150000
	if quick {
		count = 50000
	}
	x.times(count/10, c)
	took := x.times(count, c)
	printFigure(variant, "ns/roundtrip", took, 1/float64(count), x.wrong == 0 && e.resets() == 0, "every message compared")
}

// runPingPongLatency has a round trip due at each interval; waiting for a late predecessor counts.
func runPingPongLatency(variant string, quick bool) {
	e, c := startPingPong("copying")
	x := newExchanger()
	const trial = 30000
	x.times(trial/10, c)
	interval := time.Duration(2 * x.times(trial, c).wall / trial)
	length := 2 * time.Second
	if quick {
		length /= 4
	}
	latencies := make([]time.Duration, length/interval)
	start := time.Now()
	for i := range latencies {
		due := time.Duration(i) * interval
		for time.Since(start) < due {
		}
		x.exchange(c)
		latencies[i] = time.Since(start) - due
	}
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	note := fmt.Sprintf("copying; %d operations, one due every %d ns", len(latencies), interval.Nanoseconds())
	for _, rank := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"max", 1}} {
		at := int(rank.share * float64(len(latencies)))
		if at == len(latencies) {
			at--
		}
		printLine(reading{"w2-" + rank.name, "ns", float64(latencies[at]), nil, x.wrong == 0 && e.resets() == 0, note})
	}
}
