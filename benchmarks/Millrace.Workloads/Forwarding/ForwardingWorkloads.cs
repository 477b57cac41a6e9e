namespace Millrace.Workloads.Forwarding;

/// <summary>F1, F2 and F4, the points of their plots, and L1 of F1.</summary>
public static class ForwardingWorkloads
{
    private const int Batch = 64;

    public static IEnumerable<KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>>> Variants =>
    [
        Reflect<Bytes64>("hot"),
        new(("F1", "cold"), static length => [Reflecting.Measure<Bytes64>("cold", BufferOrder.FirstInFirstOut, Batch, length)]),
        Reflect<Bytes64>("size-64"),
        Reflect<Bytes128>("size-128"),
        Reflect<Bytes256>("size-256"),
        Reflect<Bytes512>("size-512"),
        Reflect<Bytes1024>("size-1024"),
        Reflect<Bytes1514>("size-1514"),
        .. new[] { 1, 4, 16, 32, 64, 128, 256 }.Select(batch => Reflect<Bytes64>($"batch-{batch}", batch)),
        .. new[] { 1, 10, 100, 1_000, 10_000, 100_000, 500_000 }.Select(Route),
        Verify<Bytes1514>("hot"),
        Verify<Bytes64>("size-64"),
        Verify<Bytes128>("size-128"),
        Verify<Bytes256>("size-256"),
        Verify<Bytes512>("size-512"),
        Verify<Bytes1024>("size-1024"),
        Verify<Bytes1514>("size-1514"),
        new(("L1", "f1"), ReflectLatency.Measure),
    ];

    private static KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>> Reflect<TLength>(string variant, int batch = Batch)
        where TLength : struct, IFrameLength =>
        new(("F1", variant), length => [Reflecting.Measure<TLength>(variant, BufferOrder.LastInFirstOut, batch, length)]);

    private static KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>> Route(int routes) =>
        new(("F2", $"routes-{routes}"), length => [Routing.Measure($"routes-{routes}", routes, length)]);

    private static KeyValuePair<(string, string), Func<RunLength, IEnumerable<Reading>>> Verify<TLength>(string variant)
        where TLength : struct, IFrameLength =>
        new(("F4", variant), length => [Verifying.Measure<TLength>(variant, length)]);
}
