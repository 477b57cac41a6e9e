using System.Globalization;
using System.Text;

namespace Millrace.Workloads;

/// <summary>One measured figure, printed as a line of JSON: the contract of every program that the driver starts.</summary>
/// <param name="Variant">The variant that was asked for, or one of several figures of it, as "one-10k".</param>
/// <param name="Unit">As "ns/1460B", "connections/s".</param>
/// <param name="Value">By the wall clock.</param>
/// <param name="Cpu">The same by the processor time of the thread; null where the unit is not one of time.</param>
/// <param name="IsValid">Whether the result of the work was checked and was right.</param>
/// <param name="Note">What was wrong, or what a reader must know.</param>
public sealed record Reading(string Variant, string Unit, double Value, double? Cpu, bool IsValid, string Note = "")
{
    public static Reading Unsupported(string variant, string why) => new(variant, "", 0, null, false, why) { IsSupported = false };

    public bool IsSupported { get; private init; } = true;

    public string ToJson()
    {
        var text = new StringBuilder("{").Append("\"variant\":").Append(Quote(Variant));
        if (IsSupported)
        {
            text.Append(",\"unit\":").Append(Quote(Unit)).Append(",\"value\":").Append(Number(Value));
            text.Append(",\"cpu\":").Append(Cpu is { } cpu ? Number(cpu) : "null");
            text.Append(",\"valid\":").Append(IsValid ? "true" : "false");
        }
        else
        {
            text.Append(",\"unsupported\":true");
        }

        return text.Append(",\"note\":").Append(Quote(Note)).Append('}').ToString();
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Quote(string value) => "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).ReplaceLineEndings(" ") + "\"";
}
