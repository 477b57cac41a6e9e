using System.Text.Json;
using System.Text.Json.Serialization;

namespace Millrace.Peers.Running;

/// <summary>A line that a benchmark program prints: peers/README.md has the contract.</summary>
internal sealed record ProgramLine
{
    [JsonRequired]
    public string Variant { get; init; } = "";

    public string? Unit { get; init; }

    public double? Value { get; init; }

    public double? Cpu { get; init; }

    public bool Valid { get; init; }

    public bool Unsupported { get; init; }

    public string Note { get; init; } = "";

    /// <exception cref="FormatException">It is not such a line; the message says what is wrong with it.</exception>
    public static ProgramLine Parse(string text)
    {
        ProgramLine line;
        try
        {
            line = JsonSerializer.Deserialize<ProgramLine>(text, JsonSerializerOptions.Web)!;
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new FormatException($"printed what is no figure: {(text.Length > 80 ? text[..80] + "…" : text)}");
        }

        if (line is null || line.Variant.Length == 0)
        {
            throw new FormatException("printed a figure without a variant");
        }

        if (!line.Unsupported && (line.Unit is null || line.Value is not { } value || !double.IsFinite(value) || value < 0))
        {
            throw new FormatException($"printed {line.Variant} without unit or value");
        }

        return line;
    }
}
