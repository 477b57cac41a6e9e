using System.Globalization;

namespace Millrace.Profiles;

/// <summary>Reads what the runtime writes when a program ends that was started with DOTNET_WritePGOData=1 (coreclr's vm/pgo.cpp).</summary>
public static class ProfileDump
{
    private const string Header = "*** START PGO Data";
    private const string Method = "@@@ codehash ";
    private const string MethodName = "MethodName: ";
    private const string Signature = "Signature: ";
    private const string SchemaLine = "Schema InstrumentationKind ";

    /// <exception cref="InvalidDataException">It is not such a text, or one of a runtime that writes it otherwise.</exception>
    public static IEnumerable<MethodProfile> Read(TextReader text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = new Lines(text);
        if (lines.Next()?.StartsWith(Header, StringComparison.Ordinal) is not true)
        {
            throw new InvalidDataException($"The first line does not begin with '{Header}': is this what DOTNET_WritePGOData=1 wrote?");
        }

        while (lines.Next() is { } line)
        {
            if (line.StartsWith(Method, StringComparison.Ordinal))
            {
                yield return ReadMethod(line, lines);
            }
        }
    }

    // @@@ codehash 0x… methodhash 0x… ilSize 0x… records 0x…
    private static MethodProfile ReadMethod(string header, Lines lines)
    {
        var words = header.Split(' ');
        if (words is not [_, "codehash", _, "methodhash", _, "ilSize", var length, "records", var records])
        {
            throw lines.Unexpected("@@@ codehash … methodhash … ilSize … records …");
        }

        var name = lines.Expect(MethodName);
        var signature = lines.Expect(Signature);
        var schemas = new List<Schema>();
        for (var i = Hex(records); i > 0; i--)
        {
            schemas.Add(ReadSchema(lines));
        }

        return new MethodProfile(name, signature, Hex(length), schemas);
    }

    // Schema InstrumentationKind 385 ILOffset 12 Count 1 Other 20, and a line a value
    private static Schema ReadSchema(Lines lines)
    {
        var words = lines.Expect(SchemaLine).Split(' ');
        if (words is not [var kind, "ILOffset", var offset, "Count", var count, "Other", var other])
        {
            throw lines.Unexpected(SchemaLine + "… ILOffset … Count … Other …");
        }

        var schema = new Schema(Number(kind), Number(offset), Number(other), []);
        var values = new string[Number(count)];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Value(schema.Value, lines.Next() ?? throw lines.Unexpected("a value"));
        }

        return schema with { Values = values };
    }

    // the two halves of eight bytes, the lower one first
    private static string Value(SchemaValue kind, string line) => kind switch
    {
        SchemaValue.EightByte when line.Split(' ') is [var low, var high]
            => (((long)Number(high) << 32) | (uint)Number(low)).ToString(CultureInfo.InvariantCulture),
        SchemaValue.TypeHandle or SchemaValue.MethodHandle => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..],
        _ => line,
    };

    // %u of what may be negative
    private static int Number(string word) => unchecked((int)uint.Parse(word, CultureInfo.InvariantCulture));

    private static int Hex(string word) => Convert.ToInt32(word, 16);

    private sealed class Lines(TextReader text)
    {
        private int number;

        public string? Next()
        {
            number++;
            return text.ReadLine();
        }

        public string Expect(string start) =>
            Next() is { } line && line.StartsWith(start, StringComparison.Ordinal) ? line[start.Length..] : throw Unexpected(start);

        public InvalidDataException Unexpected(string expected) => new($"Line {number} is not '{expected}': this tool knows what .NET 10 writes.");
    }
}
