// gVisor's netstack as Debian packages it, under the workloads of a TCP.
package main

import (
	"fmt"
	"os"
)

// Without a variant: all that are not in a row before.
type workload struct {
	name, variant string
	run           func(variant string, quick bool)
	unsupported   string // why, where run is nil
}

const (
	acksPerBatch = "netstack acknowledges each batch of segments it finds queued; no setting makes it each second segment"
	noForwarding = "netstack can forward, for the network of a sandbox; that is not measured here"
	noRoom       = "100,000 take 8 s of processor time and 1 GB to open; ten times that leaves no room in the two minutes a run may last"
)

var workloads = []workload{
	{"W1", "handover-64", runBulk, ""},
	{"W1", "handover-256", runBulk, ""},
	{"W1", "copying-64", runBulk, ""},
	{"W1", "copying-256", runBulk, ""},
	{"W1", "handover-64-zerocopy", runBulk, ""},
	{"W1", "copying-64-zerocopy", runBulk, ""},
	{"W1", "handover-64-nochecksum", runBulk, ""},
	{"W1", "copying-64-nochecksum", runBulk, ""},
	{"W1", "handover-64-timestamps", runBulk, ""},
	{"W1", "copying-64-timestamps", runBulk, ""},
	{"W1", "handover-64-full", runBulk, ""},
	{"W1", "copying-64-full", runBulk, ""},
	{"W1", "copying-64-ack2", nil, acksPerBatch},
	{"W1", "handover-64-ack2", nil, acksPerBatch},
	{"W1", "handover-64-gso", nil, "the link completes the checksum of a super-packet, and must do it in a copy"},
	{"W1", "copying-64-gso", runBulk, ""},
	{"W1", "handover-64-gso-nochecksum", runBulk, ""},
	{"W1", "copying-64-gso-nochecksum", runBulk, ""},
	{"W1", "flows-1", runBulk, ""},
	{"W1", "flows-10", runBulk, ""},
	{"W1", "flows-100", runBulk, ""},
	{"W1", "flows-1000", runBulk, ""},
	{"W2", "copying", runPingPong, ""},
	{"W2", "handover", runPingPong, ""},
	{"W2", "copying-full", runPingPong, ""},
	{"W2", "handover-full", runPingPong, ""},
	{"W3", "copying", runConnecting, ""},
	{"W3", "handover", runConnecting, ""},
	{"W3", "copying-full", runConnecting, ""},
	{"W3", "handover-full", runConnecting, ""},
	{"W4", "1k", runOpenConnections, ""},
	{"W4", "10k", runOpenConnections, ""},
	{"W4", "100k", runOpenConnections, ""},
	{"W4", "1m", nil, noRoom},
	{"W4", "10k-full", runOpenConnections, ""},
	{"W4", "100k-full", runOpenConnections, ""},
	{"W4", "1m-full", nil, noRoom},
	{"F1", "", nil, noForwarding},
	{"F2", "", nil, noForwarding},
	{"F4", "", nil, "netstack verifies a checksum of TCP within TCP's way in, and not alone"},
	{"L1", "w2", runPingPongLatency, ""},
	{"L1", "", nil, noForwarding},
}

func main() {
	arguments := os.Args[1:]
	quick := len(arguments) == 4 && arguments[3] == "--quick"
	switch {
	case len(arguments) == 1 && arguments[0] == "list":
		for _, w := range workloads {
			if w.variant != "" {
				fmt.Println(w.name, w.variant)
			}
		}
	case (len(arguments) == 3 || quick) && arguments[0] == "run":
		run(arguments[1], arguments[2], quick)
	default:
		fmt.Fprintln(os.Stderr, "Usage: gvisor list | run WORKLOAD VARIANT [--quick]")
		os.Exit(2)
	}
}

func run(name, variant string, quick bool) {
	for _, w := range workloads {
		if w.name != name || (w.variant != "" && w.variant != variant) {
			continue
		}
		if w.run == nil {
			printUnsupported(variant, w.unsupported)
		} else {
			w.run(variant, quick)
		}
		return
	}
	printUnsupported(variant, "this program has no such workload")
}
