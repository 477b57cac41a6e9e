using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Millrace.Memory;

namespace Millrace.CompilerServices;

/// <summary>Values as the kernel's proc files take them (kernel/sysctl.c). Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Sysctl
{
    private static readonly char[] Blanks = [' ', '\t', '\n'];

    [DoesNotReturn]
    public static string Unknown(string name) => throw new KeyNotFoundException($"No setting of this stack is called '{name}' by the kernel.");

    [DoesNotReturn]
    public static void Fixed(string name) => throw new InvalidOperationException(
        $"The declaration of the stack fixes {name}; what does not decide a capacity is made settable by Runtime = RuntimeSettings.All.");

    /// <summary>One number, in units of which the kernel's has so many.</summary>
    public static long Number(string name, string value, int unit)
    {
        var number = Numbers(name, value, 1)[0];
        if (number % unit != 0)
        {
            throw new ArgumentException($"{name} is a multiple of {unit} here, not {number}.", nameof(value));
        }

        return number / unit;
    }

    /// <summary>So many numbers between blanks.</summary>
    public static long[] Numbers(string name, string value, int count)
    {
        var numbers = Split(name, value);
        return numbers.Length == count
            ? numbers
            : throw new ArgumentException($"{name} takes {count} number{(count == 1 ? "" : "s")}, not '{value}'.", nameof(value));
    }

    /// <summary>A number of 32 bits; the largest without a sign, by which the kernel means any number, is the largest with one here.</summary>
    public static int Int32(string name, long number) => number is >= int.MinValue and <= int.MaxValue
        ? (int)number
        : number == uint.MaxValue ? int.MaxValue
        : throw new ArgumentException($"{name} is a number of 32 bits, not {number}.", nameof(number));

    /// <summary>Up to three numbers; those that are not written stay.</summary>
    public static MemoryLimits Limits(string name, string value, MemoryLimits current)
    {
        var numbers = Split(name, value);
        if (numbers.Length > 3)
        {
            throw new ArgumentException($"{name} takes a minimum, a default and a maximum, not '{value}'.", nameof(value));
        }

        return new MemoryLimits(
            Int32(name, numbers[0]),
            numbers.Length > 1 ? Int32(name, numbers[1]) : current.Default,
            numbers.Length > 2 ? Int32(name, numbers[2]) : current.Maximum);
    }

    /// <summary>Throws if the number is neither 0 nor one of those that have a rule.</summary>
    public static void CheckRule(string name, long number, params ReadOnlySpan<long> rules)
    {
        if (number != 0 && !rules.Contains(number))
        {
            throw new ArgumentException($"{name} is 0 or {string.Join(" or ", rules.ToArray())} here, not {number}.", nameof(number));
        }
    }

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Text(bool value) => value ? "1" : "0";

    public static string Text(MemoryLimits value) => string.Create(CultureInfo.InvariantCulture, $"{value.Minimum}\t{value.Default}\t{value.Maximum}");

    private static long[] Split(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var words = value.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        var numbers = new long[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (!long.TryParse(words[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i]))
            {
                throw new ArgumentException($"{name} takes numbers, not '{words[i]}'.", nameof(value));
            }
        }

        return numbers.Length > 0 ? numbers : throw new ArgumentException($"{name} takes a number, not nothing.", nameof(value));
    }
}
