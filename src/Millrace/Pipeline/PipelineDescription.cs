namespace Millrace;

/// <summary>A compiled pipeline in words, for people and reports.</summary>
/// <param name="Name">Name of the declaring class.</param>
/// <param name="Stages">Stages in the order of the declaration.</param>
/// <param name="Drops">Every reason for which this stack can drop a packet, and no other.</param>
/// <param name="Mermaid">The pipeline as a Mermaid flowchart, with what was folded, inserted or left out, and why.</param>
/// <param name="Text">The pipeline as a picture in text.</param>
/// <param name="MemoryBudget">Where the memory goes, as text.</param>
public sealed record PipelineDescription(
    string Name,
    IReadOnlyList<StageDescription> Stages,
    IReadOnlyList<DropDescription> Drops,
    string Mermaid,
    string Text,
    string MemoryBudget);

/// <param name="Name">The attribute's name.</param>
/// <param name="Declared">As it stands in the source, or why it was inserted.</param>
public sealed record StageDescription(string Name, string Declared, bool Receives, bool Transmits);

public sealed record DropDescription(DropReason Reason, string Stage, string? LinuxName);
