using System.Globalization;
using System.Text.RegularExpressions;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;
using static Millrace.Generators.Emitting.TypeNames;

namespace Millrace.Generators.Emitting;

/// <summary>
/// Settings by the kernel's names. A name is what <c>[Default(…, Source = …)]</c> says anyway, so no list is kept beside it: several settings with
/// one source are the list that the kernel keeps there, and <c>tcp_recovery = 1</c> is a rule that holds when the kernel's number is 1; with
/// <c>3|4</c> it holds for both, and reads as the first.
/// </summary>
internal sealed class SysctlEmitter(Plan plan, CodeWriter code)
{
    private const string Sysctl = "global::Millrace.CompilerServices.Sysctl";
    private const string Limits = "global::Millrace.Memory.MemoryLimits";

    private static readonly Regex Source = new(@"^(?<name>net\.[a-z0-9_.]+|(tcp|ip)_[a-z0-9_]+|somaxconn|[rw]mem_max|netdev_budget)( = (?<rule>\d+(\|\d+)*))?$", RegexOptions.CultureInvariant);

    private sealed record Entry(string Group, SettingSpec Item, string? Rule, int Factor)
    {
        public string Place => $"{Group}.{Item.Name}";
    }

    public void Emit()
    {
        var byName = plan.Settings
            .SelectMany(group => group.Spec.Items.Select(item => (Group: group.Name, Item: item)))
            .Where(setting => setting.Item.Type is "int" or "long" or "bool" or Limits)
            .Select(setting => (setting.Group, setting.Item, Match: Source.Match(setting.Item.Source)))
            .Where(setting => setting.Match.Success)
            .GroupBy(setting => Qualified(setting.Match.Groups["name"].Value), StringComparer.Ordinal)
            .OrderBy(name => name.Key, StringComparer.Ordinal)
            .Select(name => (Name: name.Key, Entries: name.Select(setting => new Entry(
                setting.Group, setting.Item, setting.Match.Groups["rule"].Success ? setting.Match.Groups["rule"].Value : null,
                Factor(name.Key, setting.Item.Name))).ToArray()))
            .ToArray();
        if (!byName.Any(name => name.Entries.Any(entry => entry.Item.IsRuntime)))
        {
            return;
        }

        code.Line();
        code.Summary("Sets what the kernel calls by a name, such as net.ipv4.tcp_rmem; the next poll sees it.");
        code.Line("/// <exception cref=\"global::System.Collections.Generic.KeyNotFoundException\">No setting of this stack has that name.</exception>");
        code.Line("/// <exception cref=\"global::System.InvalidOperationException\">The declaration fixes the setting.</exception>");
        code.Line("/// <exception cref=\"global::System.ArgumentException\">The setting does not take the value.</exception>");
        code.Block("public void Write(string name, string value)", () => code.Block("switch (name)", () =>
        {
            foreach (var (name, entries) in byName)
            {
                code.Line($"case \"{name}\":");
                foreach (var line in entries.All(entry => entry.Item.IsRuntime) ? Writes(entries) : [$"{Sysctl}.Fixed(name);"])
                {
                    code.Line("    " + line);
                }

                code.Line("    break;");
            }

            code.Line("default:");
            code.Line($"    {Sysctl}.Unknown(name);");
            code.Line("    break;");
        }));
        code.Line();
        code.Summary("What the kernel would show under a name.");
        code.Block("public string Read(string name) => name switch", () =>
        {
            foreach (var (name, entries) in byName)
            {
                code.Line($"\"{name}\" => {Read(entries)},");
            }

            code.Line($"_ => {Sysctl}.Unknown(name),");
        }, "};");
    }

    private static IEnumerable<string> Writes(Entry[] entries)
    {
        var isList = entries.Length > 1 && entries.All(entry => entry.Rule is null);
        if (isList)
        {
            yield return $"var {Variable(entries)} = {Sysctl}.Numbers(name, value, {Text(entries.Length)});";
        }
        else if (entries.Length > 1 || entries[0].Rule is not null)
        {
            yield return $"var {Variable(entries)} = {Sysctl}.Number(name, value, 1);";
        }

        if (entries.All(entry => entry.Rule is not null))
        {
            yield return $"{Sysctl}.CheckRule(name, {Variable(entries)}, {string.Join(", ", entries.SelectMany(entry => entry.Rule!.Split('|')).Select(rule => rule + "L"))});";
        }

        for (var i = 0; i < entries.Length; i++)
        {
            var entry = entries[i];
            var number = isList ? $"{Variable(entries)}[{Text(i)}]"
                : entries.Length > 1 || entry.Rule is not null ? Variable(entries) : $"{Sysctl}.Number(name, value, {Text(entry.Factor)})";
            yield return $"{entry.Place} = " + (entry.Rule is not null ? $"{number} {(entry.Rule.Contains('|') ? "is " + entry.Rule.Replace("|", " or ") : "== " + entry.Rule)};" : entry.Item.Type switch
            {
                "bool" => $"{number} != 0;",
                "int" => $"{Sysctl}.Int32(name, {number});",
                Limits => $"{Sysctl}.Limits(name, value, {entry.Place});",
                _ => $"{number};",
            });
        }
    }

    private static string Read(Entry[] entries)
    {
        if (entries.Length == 2 && entries[0].Item.Type == "bool" && entries[1].Rule is { } rule)
        {
            // tcp_timestamps: 0 without, 1 by the rule, 2 without it
            return $"!{entries[0].Place} ? \"0\" : {entries[1].Place} ? \"{rule}\" : \"{Text(int.Parse(rule, CultureInfo.InvariantCulture) + 1)}\"";
        }

        return string.Join(" + \"\\t\" + ", entries.Select(entry => entry.Rule is not null
            ? $"({entry.Place} ? \"{entry.Rule.Split('|')[0]}\" : \"0\")"
            : $"{Sysctl}.Text({entry.Place}{(entry.Factor == 1 ? "" : $" * {Text(entry.Factor)}L")})"));
    }

    private static string Variable(Entry[] entries) => entries[0].Item.Name.ToLowerInvariant();

    private static string Qualified(string name) =>
        name.Contains('.') ? name : (name.StartsWith("tcp_", StringComparison.Ordinal) || name.StartsWith("ip_", StringComparison.Ordinal) ? "net.ipv4." : "net.core.") + name;

    /// <summary>Units of the kernel's number in one of the setting's, by what both names say of them.</summary>
    private static int Factor(string name, string setting) =>
        (name.EndsWith("_us", StringComparison.Ordinal) && setting.EndsWith("Milliseconds", StringComparison.Ordinal))
        || (name.EndsWith("_ms", StringComparison.Ordinal) && setting.EndsWith("Seconds", StringComparison.Ordinal) && !setting.EndsWith("Milliseconds", StringComparison.Ordinal))
            ? 1000
            : 1;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
