package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// reading is a figure: a line of JSON.
type reading struct {
	Variant string   `json:"variant"`
	Unit    string   `json:"unit"`
	Value   float64  `json:"value"`
	CPU     *float64 `json:"cpu"`
	Valid   bool     `json:"valid"`
	Note    string   `json:"note"`
}

func printLine(line interface{}) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		fail("%s", err)
	}
}

// printFigure prints nanoseconds by both clocks, each times the factor.
func printFigure(variant, unit string, took elapsed, factor float64, valid bool, note string) {
	cpu := took.cpu * factor
	printLine(reading{variant, unit, took.wall * factor, &cpu, valid, note})
}

func printUnsupported(variant, why string) {
	printLine(map[string]interface{}{"variant": variant, "unsupported": true, "note": why})
}

// fail ends the program: it failed itself, which is not a bad figure.
func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}

type stopwatch struct {
	wall time.Time
	cpu  int64
}

// elapsed is in nanoseconds.
type elapsed struct{ wall, cpu float64 }

// processTime counts all threads: netstack's goroutines and the collector of garbage run beside the caller's.
func processTime() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &now); err != nil {
		fail("clock_gettime: %s", err)
	}
	return now.Nano()
}

func startStopwatch() stopwatch { return stopwatch{time.Now(), processTime()} }

func (s stopwatch) elapsed() elapsed {
	return elapsed{float64(time.Since(s.wall)), float64(processTime() - s.cpu)}
}

// patternLength is prime: no segment, write or buffer falls into step with it.
const patternLength = 65521

// pattern is the stream: byte i is pattern[i % patternLength]; it lies twice, so that 64 KiB from any place are contiguous.
var pattern = func() []byte {
	bytes := make([]byte, patternLength+65536)
	for i := range bytes {
		bytes[i] = byte(uint32(i%patternLength) * 2654435761 >> 13)
	}
	return bytes
}()

func patternAt(position int64) []byte { return pattern[position%patternLength:] }
