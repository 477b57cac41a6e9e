using System.Reflection;

namespace Millrace.Tests.Declaration;

/// <summary>A profile is a whole table or none: nobody should find out by a trace which row of it was forgotten.</summary>
public sealed class ProfileTests
{
    public static TheoryData<KernelProfile> OlderProfiles => [.. Enum.GetValues<KernelProfile>().Where(profile => profile != KernelProfile.Linux_6_18)];

    [Theory]
    [MemberData(nameof(OlderProfiles))]
    public void Every_setting_says_what_its_default_is_in(KernelProfile profile)
    {
        var missing = Settings().Where(setting => Statements(setting, profile) == 0).Select(Name).ToArray();
        Assert.True(
            missing.Length == 0,
            $"Look up in that kernel what these settings were by default, and write below their [Default]: [Default(value, Profile = KernelProfile.{profile}, "
            + $"Source = \"sysctl\")] if it was another value (0, false or none if it did not have this at all), [SameIn(KernelProfile.{profile})] if it was the same. "
            + $"A rule that has changed is a setting of its own that names the rule.\n{string.Join('\n', missing)}");
    }

    [Fact]
    public void No_setting_says_it_twice()
    {
        foreach (var profile in Enum.GetValues<KernelProfile>())
        {
            Assert.Empty(Settings().Where(setting => Statements(setting, profile) > 1).Select(Name));
        }
    }

    [Fact]
    public void What_differs_is_different()
    {
        foreach (var setting in Settings())
        {
            var defaults = setting.GetCustomAttributes<DefaultAttribute>().ToArray();
            var plain = defaults.Single(value => value.Profile == KernelProfile.Linux_6_18);
            foreach (var other in defaults.Where(value => value != plain))
            {
                Assert.True(!Equals(other.Value, plain.Value), $"{Name(setting)}: write [SameIn(KernelProfile.{other.Profile})].");
                Assert.False(string.IsNullOrEmpty(other.Source), $"{Name(setting)}: name the Source of {other.Value}.");
            }
        }
    }

    private static int Statements(PropertyInfo setting, KernelProfile profile) =>
        setting.GetCustomAttributes<DefaultAttribute>().Count(value => value.Profile == profile)
        + setting.GetCustomAttributes<SameInAttribute>().Count(same => same.Profile == profile);

    /// <summary>The getters with defaults of all settings interfaces; what has no default is the user's to give.</summary>
    private static IEnumerable<PropertyInfo> Settings() =>
        typeof(StageAttribute).Assembly.GetTypes()
            .Where(type => type.IsInterface && type.Name.EndsWith("Settings", StringComparison.Ordinal))
            .SelectMany(type => type.GetProperties())
            .Where(getter => getter.IsDefined(typeof(DefaultAttribute)));

    private static string Name(PropertyInfo setting) => $"{setting.DeclaringType!.Name}.{setting.Name}";
}
