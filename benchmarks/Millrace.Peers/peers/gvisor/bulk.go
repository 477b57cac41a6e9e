package main

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// reader is what the application does with what it reads.
type reader struct {
	inPlace, compares bool
	position, wrong   int64
	sum               uint64
	buffer            [65536]byte
}

// Write is called with the bytes where they lie in netstack.
func (r *reader) Write(data []byte) (int, error) {
	count := len(data)
	if r.inPlace {
		for i := 0; i < count; i += 8 {
			r.sum += uint64(data[i])
		}
	} else {
		data = r.buffer[:copy(r.buffer[:], data)]
	}
	if r.compares && !bytes.Equal(data, patternAt(r.position)[:count]) {
		r.wrong++
	}
	r.position += int64(count)
	return count, nil
}

// transfer moves so many bytes over each connection, all in turn.
func transfer(connections []connection, readers []reader, each int64) elapsed {
	written := make([]int64, len(connections))
	for i := range readers {
		readers[i].position = 0
	}
	start := startStopwatch()
	for finished := 0; finished < len(connections); {
		finished = 0
		for i := range connections {
			write(connections[i].client, &written[i], each)
			if _, err := connections[i].server.Read(&readers[i], tcpip.ReadOptions{}); err != nil {
				mustBlock(err)
			}
			if readers[i].position == each {
				finished++
			}
		}
		runtime.Gosched()
	}
	return start.elapsed()
}

// write writes 64 KiB, or what fits.
func write(client tcpip.Endpoint, written *int64, total int64) {
	size := total - *written
	if size == 0 {
		return
	}
	if size > 65536 {
		size = 65536
	}
	count, err := client.Write(bytes.NewReader(patternAt(*written)[:size]), tcpip.WriteOptions{})
	if err != nil {
		mustBlock(err)
	}
	*written += count
}

func runBulk(variant string, quick bool) {
	options := wireOptionsOf(variant)
	limit, flows := 64<<10, 1
	if strings.Contains(variant, "-256") {
		limit = 256 << 10
	}
	fmt.Sscanf(variant, "flows-%d", &flows)
	e := newEnds(options, limit, nil)
	listener := e.listen(5001)
	connections, readers := make([]connection, flows), make([]reader, flows)
	for i := range connections {
		connections[i] = e.connect(listener, 5001)
		readers[i].inPlace = strings.Contains(variant, "zerocopy")
		readers[i].compares = true
	}

	// Every byte is compared here. One packet loses a bit of its payload in the wire, which only a verified checksum finds.
	checked, total := int64(64<<20), int64(1<<30)
	if quick {
		checked, total = 16<<20, 128<<20
	}
	flips := uint64(0)
	if !options.offload {
		flips = 1
		e.clientWire.flipAt = 200
	}
	transfer(connections, readers, checked/int64(flows))
	valid := e.server.Stats().TCP.ChecksumErrors.Value() == flips
	wrong := int64(0)
	for i := range readers {
		wrong += readers[i].wrong
		readers[i].compares = false
	}
	valid = valid && wrong == 0

	each := total / int64(flows)
	segments, acks := e.clientWire.packets, e.serverWire.packets
	took := transfer(connections, readers, each)
	segments, acks = e.clientWire.packets-segments, e.serverWire.packets-acks
	bytesMoved := each * int64(flows)
	valid = valid && e.resets() == 0 && e.server.Stats().TCP.ChecksumErrors.Value() == flips

	note := fmt.Sprintf("%d B a segment, %.2f segments an ACK; %d MiB compared before", bytesMoved/segments, float64(segments)/float64(acks), checked>>20)
	if flips > 0 {
		note += ", one flipped bit dropped and sent again"
	}
	printFigure(variant, "ns/1460B", took, 1460/float64(bytesMoved), valid, note)
}
