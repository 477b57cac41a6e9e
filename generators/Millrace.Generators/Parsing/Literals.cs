using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Millrace.Generators.Parsing;

/// <summary>Turns the constants of attributes into expressions of the getter's type.</summary>
internal static class Literals
{
    /// <summary>A setting's value as an expression and for people; a number if it can be compared to a range.</summary>
    public readonly struct Converted(string expression, string display, long? number)
    {
        public string Expression { get; } = expression;

        public string Display { get; } = display;

        public long? Number { get; } = number;
    }

    /// <returns>False if the value cannot be read as the type; then <paramref name="expected"/> says what could.</returns>
    public static bool TryConvert(TypedConstant constant, ITypeSymbol type, out Converted converted, out (string What, string Example) expected)
    {
        expected = ("a " + type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat), "a value of that type");
        converted = default;
        if (constant.Kind == TypedConstantKind.Array)
        {
            return TryConvertArray(constant, type, ref converted);
        }

        return constant.Value switch
        {
            null => Set(out converted, type.IsReferenceType ? "null" : "default", "none", null),
            ITypeSymbol named => Set(out converted, $"typeof({named.Qualified()})", named.Name, null),
            string text => TryConvertText(text, type, out converted, ref expected),
            var value => TryConvertPrimitive(value, type, out converted),
        };
    }

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
            null);
    }

    private static bool TryConvertPrimitive(object value, ITypeSymbol type, out Converted converted)
    {
        converted = default;
        if (value is bool flag)
        {
            return type.SpecialType == SpecialType.System_Boolean && Set(out converted, flag ? "true" : "false", flag ? "on" : "off", null);
        }

        if (type.TypeKind == TypeKind.Enum && type is INamedTypeSymbol enumeration)
        {
            return ConvertEnum(value, enumeration, out converted);
        }

        if (value is char || type.SpecialType is < SpecialType.System_SByte or > SpecialType.System_Double)
        {
            return false;
        }

        if (value is double or float)
        {
            var real = Convert.ToDouble(value, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture);
            return type.SpecialType is SpecialType.System_Double or SpecialType.System_Single
                && Set(out converted, real + (type.SpecialType == SpecialType.System_Single ? "f" : "d"), real, null);
        }

        if (value is ulong large && large > long.MaxValue)
        {
            return Set(out converted, large.ToString(CultureInfo.InvariantCulture) + "UL", large.ToString(CultureInfo.InvariantCulture), null);
        }

        var number = Convert.ToInt64(value, CultureInfo.InvariantCulture);
        var digits = number.ToString(CultureInfo.InvariantCulture);
        return Set(out converted, digits + Suffix(type.SpecialType), digits, number);
    }

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
                return Set(out converted, $"{type.Qualified()}.{member.Name}", member.Name, null);
            }
        }

        var digits = Convert.ToString(value, CultureInfo.InvariantCulture);
        return Set(out converted, $"({type.Qualified()})({digits})", digits, null);
    }

    private static bool TryConvertText(string text, ITypeSymbol type, out Converted converted, ref (string What, string Example) expected)
    {
        if (type.SpecialType == SpecialType.System_String)
        {
            return Set(out converted, SymbolDisplay.FormatLiteral(text, quote: true), text, null);
        }

        converted = default;
        switch (type.QualifiedOpen())
        {
            case "global::Millrace.Memory.MemoryLimits":
                expected = ("three numbers of bytes in rising order", "\"4096 131072 33554432\"");
                return TryParseLimits(text, out converted);
            case "global::Millrace.Ip.InterfaceAddress":
                expected = ("an IPv4 address with a prefix length", "\"10.0.0.2/24\"");
                return TryParseInterfaceAddress(text, out converted);
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
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out limits[i]) || (i > 0 && limits[i] < limits[i - 1]))
            {
                return false;
            }
        }

        return Set(
            out converted,
            string.Format(CultureInfo.InvariantCulture, "new global::Millrace.Memory.MemoryLimits({0}, {1}, {2})", limits[0], limits[1], limits[2]),
            string.Join(" ", limits),
            null);
    }

    private static bool TryParseInterfaceAddress(string text, out Converted converted)
    {
        converted = default;
        var parts = text.Split('/');
        var bytes = parts[0].Split('.');
        if (parts.Length != 2 || bytes.Length != 4
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix) || prefix > 32)
        {
            return false;
        }

        uint address = 0;
        foreach (var part in bytes)
        {
            if (!byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            address = (address << 8) | value;
        }

        var hexadecimal = address.ToString("X8", CultureInfo.InvariantCulture);
        return Set(
            out converted,
            $"new global::Millrace.Ip.InterfaceAddress(0x{hexadecimal}u, {prefix.ToString(CultureInfo.InvariantCulture)})",
            text,
            null);
    }

    private static bool Set(out Converted converted, string expression, string display, long? number)
    {
        converted = new Converted(expression, display, number);
        return true;
    }
}
