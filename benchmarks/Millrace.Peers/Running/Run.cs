namespace Millrace.Peers.Running;

/// <summary>One figure of one run of a program.</summary>
/// <param name="Variant">Of the figure: "one-10k".</param>
/// <param name="Asked">The variant that the program was started with: "10k".</param>
/// <param name="Round">From 1.</param>
internal sealed record Run(string Workload, string Variant, string Asked, string System, int Round, string Unit, double Value, double? Cpu, bool Valid, string Note);

/// <summary>That there is no figure, and why.</summary>
/// <param name="IsFailure">The program broke, so the command fails; otherwise it could not or need not run.</param>
internal sealed record Absence(string Workload, string Variant, string System, string Why, bool IsFailure);
