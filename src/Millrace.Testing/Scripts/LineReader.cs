using System.Globalization;

namespace Millrace.Testing.Scripts;

/// <summary>Reads one line of a script from left to right.</summary>
internal sealed class LineReader(string file, int number, string text)
{
    private int position;

    public string Text { get; } = text;

    public int Number { get; } = number;

    public bool IsAtEnd
    {
        get
        {
            SkipSpace();
            return position == Text.Length;
        }
    }

    public ScriptSyntaxException Error(string message) => new(file, Number, Math.Min(position, Text.Length) + 1, message);

    public bool IsNext(char c)
    {
        SkipSpace();
        return position < Text.Length && Text[position] == c;
    }

    public bool IsNextDigit
    {
        get
        {
            SkipSpace();
            return position < Text.Length && char.IsAsciiDigit(Text[position]);
        }
    }

    /// <summary>Takes a sign, or a word that ends where it ends.</summary>
    public bool TryTake(string literal)
    {
        SkipSpace();
        var end = position + literal.Length;
        if (string.CompareOrdinal(Text, position, literal, 0, literal.Length) != 0
            || (IsOfWord(literal[^1]) && end < Text.Length && IsOfWord(Text[end])))
        {
            return false;
        }

        position = end;
        return true;
    }

    public void Take(string literal, string remedy)
    {
        if (!TryTake(literal))
        {
            throw Error($"'{literal}' is missing here; {remedy}");
        }
    }

    /// <summary>Letters, digits, underscores, and what else is given.</summary>
    public string? TryTakeWord(string further = "")
    {
        SkipSpace();
        var start = position;
        while (position < Text.Length && (IsOfWord(Text[position]) || further.Contains(Text[position], StringComparison.Ordinal)))
        {
            position++;
        }

        return position == start ? null : Text[start..position];
    }

    public string TakeWord(string remedy, string further = "") => TryTakeWord(further) ?? throw Error(remedy);

    /// <summary>A decimal number, or a hexadecimal one behind 0x.</summary>
    public long TakeNumber(string remedy)
    {
        SkipSpace();
        var start = position;
        var word = (TryTake("-") ? "-" : string.Empty) + (TryTakeWord() ?? string.Empty);
        var parsed = word.StartsWith("0x", StringComparison.Ordinal)
            ? long.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            : long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        if (!parsed)
        {
            position = start;
            throw Error(remedy);
        }

        return value;
    }

    /// <summary>A span of time with its unit, in nanoseconds; 0 needs none.</summary>
    public long TakeDuration()
    {
        const string Remedy = "a time is written as 200ms, 1.5s or 100us";
        SkipSpace();
        var start = position;
        while (position < Text.Length && (char.IsAsciiDigit(Text[position])
            || (Text[position] == '.' && position + 1 < Text.Length && char.IsAsciiDigit(Text[position + 1]))))
        {
            position++;
        }

        if (!decimal.TryParse(Text.AsSpan(start, position - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            throw Error(Remedy);
        }

        var unit = TryTake("ms") ? 1_000_000m : TryTake("us") ? 1_000m : TryTake("s") ? 1_000_000_000m : value == 0 ? 1m : throw Error($"this time has no unit; {Remedy}");
        return (long)(value * unit);
    }

    /// <summary>What is left of the line.</summary>
    public string TakeRest()
    {
        SkipSpace();
        var rest = Text[position..].TrimEnd();
        position = Text.Length;
        return rest;
    }

    public void End(string remedy)
    {
        if (!IsAtEnd)
        {
            throw Error($"'{Text[position..].TrimEnd()}' is not understood here; {remedy}");
        }
    }

    private static bool IsOfWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    private void SkipSpace()
    {
        while (position < Text.Length && char.IsWhiteSpace(Text[position]))
        {
            position++;
        }
    }
}
