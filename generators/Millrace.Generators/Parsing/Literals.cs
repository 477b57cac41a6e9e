using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Millrace.Generators.Parsing;

/// <summary>Turns the constants of attributes into expressions of the getter's type.</summary>
internal static class Literals
{
    private const string Limits = "global::Millrace.Memory.MemoryLimits";
    private const string InterfaceAddress = "global::Millrace.Ip.InterfaceAddress";
    private const string InetAddress = "global::Millrace.Headers.InetAddress";

    /// <summary>A setting's value as an expression and for people, with the numbers in it that can be compared to a range.</summary>
    public readonly struct Converted(string expression, string display, params long[] numbers)
    {
        public string Expression { get; } = expression;

        public string Display { get; } = display;

        public IReadOnlyList<long> Numbers { get; } = numbers;
    }

    /// <returns>False if the value cannot be read as the type; then <paramref name="expected"/> says what could.</returns>
    public static bool TryConvert(TypedConstant constant, ITypeSymbol type, out Converted converted, out (string What, string Example) expected)
    {
        expected = Expected(type);
        converted = default;
        if (!constant.IsNull && type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            type = nullable.TypeArguments[0];
        }

        if (constant.Kind == TypedConstantKind.Array)
        {
            expected = ("a list", "[1, 2]");
            return TryConvertArray(constant, type, ref converted);
        }

        return constant.Value switch
        {
            null => IsNullable(type) && Set(out converted, "null", "none"),
            INamedTypeSymbol { IsUnboundGenericType: true } => false,
            ITypeSymbol named => type.SpecialType != SpecialType.System_String && Set(out converted, $"typeof({named.Qualified()})", named.Name),
            string text => TryConvertText(text, type, out converted),
            var value => TryConvertPrimitive(value, type, out converted),
        };
    }

    /// <summary>What a value of the type looks like, for people.</summary>
    private static (string What, string Example) Expected(ITypeSymbol type) => type.QualifiedOpen() switch
    {
        Limits => ("three positive numbers of bytes in rising order", "\"4096 131072 33554432\""),
        InterfaceAddress => ("an IPv4 address that a host can have, with the length of its prefix", "\"10.0.0.2/24\""),
        InetAddress => ("an IPv4 address", "\"10.0.0.1\", or leave it out"),
        _ => ("a value of " + type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat), "one of that type"),
    };

    private static bool IsNullable(ITypeSymbol type) => type.IsReferenceType
        ? type.NullableAnnotation != NullableAnnotation.NotAnnotated
        : type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T;

    private static bool TryConvertArray(TypedConstant constant, ITypeSymbol type, ref Converted converted)
    {
        var element = type is INamedTypeSymbol { TypeArguments.Length: 1 } generic ? generic.TypeArguments[0] : (type as IArrayTypeSymbol)?.ElementType;
        if (element is null || constant.IsNull)
        {
            return false;
        }

        var items = new List<Converted>();
        foreach (var value in constant.Values)
        {
            if (!TryConvert(value, element, out var item, out _))
            {
                return false;
            }

            items.Add(item);
        }

        return Set(
            out converted,
            "[" + string.Join(", ", items.Select(item => item.Expression)) + "]",
            "[" + string.Join(", ", items.Select(item => item.Display)) + "]",
            [.. items.SelectMany(item => item.Numbers)]);
    }

    private static bool TryConvertPrimitive(object value, ITypeSymbol type, out Converted converted)
    {
        converted = default;
        if (value is bool flag)
        {
            return type.SpecialType == SpecialType.System_Boolean && Set(out converted, flag ? "true" : "false", flag ? "on" : "off");
        }

        if (type.TypeKind == TypeKind.Enum && type is INamedTypeSymbol enumeration)
        {
            return ConvertEnum(value, enumeration, out converted);
        }

        if (value is char character)
        {
            return type.SpecialType == SpecialType.System_Char && Set(out converted, SymbolDisplay.FormatLiteral(character, quote: true), character.ToString());
        }

        if (type.SpecialType is < SpecialType.System_SByte or > SpecialType.System_Double)
        {
            return false;
        }

        if (value is double or float)
        {
            var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
            var real = number.ToString("R", CultureInfo.InvariantCulture);
            return !double.IsNaN(number) && !double.IsInfinity(number) && type.SpecialType is SpecialType.System_Double or SpecialType.System_Single
                && Set(out converted, real + (type.SpecialType == SpecialType.System_Single ? "f" : "d"), real);
        }

        var whole = Convert.ToDecimal(value, CultureInfo.InvariantCulture);
        var (minimum, maximum) = Range(type.SpecialType);
        var digits = whole.ToString(CultureInfo.InvariantCulture);
        return whole >= minimum && whole <= maximum
            && Set(out converted, digits + Suffix(type.SpecialType), digits, whole <= long.MaxValue ? [(long)whole] : []);
    }

    private static (decimal Minimum, decimal Maximum) Range(SpecialType type) => type switch
    {
        SpecialType.System_SByte => (sbyte.MinValue, sbyte.MaxValue),
        SpecialType.System_Byte => (byte.MinValue, byte.MaxValue),
        SpecialType.System_Int16 => (short.MinValue, short.MaxValue),
        SpecialType.System_UInt16 => (ushort.MinValue, ushort.MaxValue),
        SpecialType.System_Int32 => (int.MinValue, int.MaxValue),
        SpecialType.System_UInt32 => (uint.MinValue, uint.MaxValue),
        SpecialType.System_Int64 => (long.MinValue, long.MaxValue),
        SpecialType.System_UInt64 => (ulong.MinValue, ulong.MaxValue),
        _ => (decimal.MinValue, decimal.MaxValue),
    };

    private static string Suffix(SpecialType type) => type switch
    {
        SpecialType.System_Int64 => "L",
        SpecialType.System_UInt32 => "U",
        SpecialType.System_UInt64 => "UL",
        SpecialType.System_Double => "d",
        SpecialType.System_Single => "f",
        _ => "",
    };

    private static bool ConvertEnum(object value, INamedTypeSymbol type, out Converted converted)
    {
        foreach (var member in type.GetMembers().OfType<IFieldSymbol>())
        {
            if (member.HasConstantValue && Equals(member.ConstantValue, value))
            {
                return Set(out converted, $"{type.Qualified()}.{member.Name}", member.Name);
            }
        }

        var digits = Convert.ToString(value, CultureInfo.InvariantCulture);
        return Set(out converted, $"({type.Qualified()})({digits})", digits);
    }

    private static bool TryConvertText(string text, ITypeSymbol type, out Converted converted)
    {
        if (type.SpecialType == SpecialType.System_String)
        {
            return Set(out converted, SymbolDisplay.FormatLiteral(text, quote: true), text);
        }

        converted = default;
        switch (type.QualifiedOpen())
        {
            case Limits:
                return TryParseLimits(text, out converted);
            case InterfaceAddress:
                return TryParseInterfaceAddress(text, out converted);
            case InetAddress:
                return TryParseInetAddress(text, out converted);
            default:
                return false;
        }
    }

    private static bool TryParseLimits(string text, out Converted converted)
    {
        converted = default;
        var parts = text.Split(new[] { ' ', '\t' }, StringSplitOptions.RemoveEmptyEntries);
        var limits = new int[3];
        if (parts.Length != 3)
        {
            return false;
        }

        for (var i = 0; i < 3; i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out limits[i]) || limits[i] < (i > 0 ? limits[i - 1] : 1))
            {
                return false;
            }
        }

        return Set(
            out converted,
            string.Format(CultureInfo.InvariantCulture, "new global::Millrace.Memory.MemoryLimits({0}, {1}, {2})", limits[0], limits[1], limits[2]),
            string.Join(" ", limits));
    }

    /// <summary>An address with its prefix, as an expression.</summary>
    public static bool TryParseInterfaceAddress(string text, out Converted converted)
    {
        converted = default;
        var parts = text.Split('/');
        if (parts.Length != 2 || !TryParseIpv4(parts[0], out var address)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix > 32
            || !IsHost(address, prefix))
        {
            return false;
        }

        return Set(
            out converted,
            $"new {InterfaceAddress}({Hexadecimal(address)}, {prefix.ToString(CultureInfo.InvariantCulture)})",
            text,
            address,
            prefix);
    }

    private static bool TryParseInetAddress(string text, out Converted converted)
    {
        converted = default;
        if (text.Length == 0)
        {
            return Set(out converted, "default", "none");
        }

        return TryParseIpv4(text, out var address) && Set(out converted, $"{InetAddress}.FromIpv4({Hexadecimal(address)})", text);
    }

    public static bool TryParseIpv4(string text, out uint address)
    {
        address = 0;
        var parts = text.Split('.');
        foreach (var part in parts)
        {
            // a leading zero means octal to some and nothing to others
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || (part.Length > 1 && part[0] == '0'))
            {
                return false;
            }

            address = (address << 8) | value;
        }

        return parts.Length == 4;
    }

    /// <summary>Whether an interface can have the address, or has none yet (0.0.0.0); neither is a network's own or its broadcast address.</summary>
    private static bool IsHost(uint address, int prefix)
    {
        if (address == 0)
        {
            return true;
        }

        // of 31 and 32 bits every address is a host's (RFC 3021)
        var host = prefix > 30 ? 1u : address & (uint.MaxValue >> prefix);
        var ones = prefix > 30 ? 2u : uint.MaxValue >> prefix;
        return host != 0 && host != ones && address >> 28 < 0xE && address >> 24 is not 0 and not 127;
    }

    public static string Hexadecimal(uint address) => "0x" + address.ToString("X8", CultureInfo.InvariantCulture) + "u";

    private static bool Set(out Converted converted, string expression, string display, params long[] numbers)
    {
        converted = new Converted(expression, display, numbers);
        return true;
    }
}
