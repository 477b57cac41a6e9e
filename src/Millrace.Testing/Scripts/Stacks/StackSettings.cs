using System.Globalization;
using System.Reflection;
using Millrace.Memory;

namespace Millrace.Testing.Scripts.Stacks;

/// <summary>
/// Sets run-time settings of a generated stack by the names of sysctls: each setting names the one it is
/// (<see cref="DefaultAttribute.Source"/>). <c>Tcp.InitialCongestionWindow</c> names a setting of the declaration itself.
/// </summary>
internal static class StackSettings
{
    private static readonly string[] Prefixes = ["net.ipv4.", "net.core."];

    /// <summary>What a stack that has no such setting does not do.</summary>
    private static readonly string[] Switches =
    [
        "net.ipv4.tcp_sack", "net.ipv4.tcp_dsack", "net.ipv4.tcp_ecn", "net.ipv4.tcp_recovery", "net.ipv4.tcp_early_retrans", "net.ipv4.tcp_frto",
        "net.ipv4.tcp_autocorking", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_mtu_probing", "net.ipv4.tcp_comp_sack_nr",
    ];

    public static void Set(INetworkStack stack, string name, string value)
    {
        switch (name)
        {
            case "net.ipv4.tcp_rto_min_us":
                SetOne(stack, "Tcp.RtoMinMilliseconds", (long.Parse(value, CultureInfo.InvariantCulture) / 1000).ToString(CultureInfo.InvariantCulture));
                return;
            case "net.ipv4.tcp_timestamps":
                SetOne(stack, "Tcp.Timestamps", value == "0" ? "0" : "1");
                SetOne(stack, "Tcp.TimestampOffsets", value == "2" ? "0" : "1");
                return;
            case "net.ipv4.ip_local_port_range":
                var ports = value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
                SetOne(stack, "Tcp.LocalPortMinimum", ports[0]);
                SetOne(stack, "Tcp.LocalPortMaximum", ports[1]);
                return;
            case var missing when value == "0" && Switches.Contains(missing) && Setting(missing) is null:
                // what it has not got is off
                return;
            default:
                SetOne(stack, Setting(name) ?? throw new ScriptUnsupportedException($"Millrace has no setting that is {name}."), value);
                return;
        }
    }

    /// <summary>The setting that a sysctl is, as <c>Tcp.SynRetries</c>.</summary>
    private static string? Setting(string name)
    {
        var prefix = Prefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        if (prefix is null)
        {
            return name;
        }

        var found =
            from type in typeof(DefaultAttribute).Assembly.GetTypes()
            where type.IsInterface && type.Name.StartsWith('I') && type.Name.EndsWith("Settings", StringComparison.Ordinal)
            from property in type.GetProperties()
            where property.GetCustomAttributes<DefaultAttribute>().Any(given => given.Source == name[prefix.Length..] || given.Source == name
                || given.Source?.StartsWith($"{name[prefix.Length..]} = ", StringComparison.Ordinal) == true)
            select $"{type.Name[1..^"Settings".Length]}.{property.Name}";
        return found.FirstOrDefault();
    }

    private static void SetOne(INetworkStack stack, string setting, string value)
    {
        var names = setting.Split('.');
        var all = stack.GetType().GetProperty("Settings")?.GetValue(stack);
        var group = names.Length == 2 ? all?.GetType().GetProperty(names[0])?.GetValue(all) : null;
        var property = group?.GetType().GetProperty(names[1]);
        if (property?.SetMethod is null)
        {
            throw new ScriptUnsupportedException($"The stack cannot take {setting} while it runs: its declaration does not have it, or it decides a capacity.");
        }

        object? parsed = property.PropertyType switch
        {
            var type when type == typeof(bool) => value is not ("0" or "false"),
            var type when type == typeof(int) => Number(value),
            var type when type == typeof(MemoryLimits) => Limits(value),
            var type when type.IsEnum => Enum.Parse(type, value),
            var type => throw new ScriptUnsupportedException($"{setting} is a {type.Name}; only numbers and limits can be set here."),
        };
        try
        {
            property.SetValue(group, parsed);
        }
        catch (TargetInvocationException exception)
        {
            throw new ScriptUnsupportedException($"The stack does not take '{value}' for {setting}: {exception.InnerException!.Message}");
        }
    }

    private static int Number(string value) => value.StartsWith("0x", StringComparison.Ordinal)
        ? int.Parse(value.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)
        : int.Parse(value, CultureInfo.InvariantCulture);

    private static MemoryLimits Limits(string value)
    {
        var parts = value.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return new MemoryLimits(
            int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture), int.Parse(parts[2], CultureInfo.InvariantCulture));
    }
}
