using System.Globalization;

namespace Millrace.Profiles;

/// <summary>What the runtime counted in one method, or in one instantiation of it.</summary>
/// <param name="FullName">Type, dot, method; arguments of a generic type stand in brackets, those of a generic method nowhere.</param>
/// <param name="ILLength">Bytes of its IL, by which overloads are told apart.</param>
public sealed record MethodProfile(string FullName, string Signature, int ILLength, IReadOnlyList<Schema> Schemas)
{
    public (string, string, int) Key => (FullName, Signature, ILLength);

    /// <summary>Adds up profiles of one method, from several runs or of several instantiations that its name does not tell.</summary>
    public static MethodProfile Merge(IEnumerable<MethodProfile> profiles)
    {
        ArgumentNullException.ThrowIfNull(profiles);
        var all = profiles.ToArray();
        var schemas = all.SelectMany(static p => p.Schemas)
            .GroupBy(static s => (s.ILOffset, s.Kind, s.Other))
            .Select(static same => Merge(same.First(), same))
            .ToArray();
        return all[0] with { Schemas = schemas };
    }

    // Types that were seen at a call are kept of the first run: a histogram of two is none of either.
    private static Schema Merge(Schema first, IEnumerable<Schema> same) => first.IsCount
        ? first with { Values = [Math.Min(same.Sum(static s => Number(s.Values[0])), int.MaxValue).ToString(CultureInfo.InvariantCulture)] }
        : first;

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
