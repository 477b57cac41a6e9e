using System.Reflection;
using Millrace.Generators.Tests.Support;

namespace Millrace.Generators.Tests;

/// <summary>Which kernel's defaults become constants of a stack.</summary>
public class ProfileTests
{
    private const string Stack = """
        [NetworkStack{0}]
        [NicQueues(1)]
        [Napi]
        [ChecksumOffload]
        [Gro]
        [Ipv4("10.0.0.2/24")]
        [Tcp]
        [SocketMemory]
        [SmallQueues]
        [Gso]
        public sealed partial class PlainStack;
        """;

    private static readonly Type[] Declared =
        [typeof(INapiSettings), typeof(IGroSettings), typeof(IIpv4Settings), typeof(ITcpSettings), typeof(ISocketMemorySettings), typeof(ISmallQueuesSettings)];

    [Theory]
    [InlineData("", KernelProfile.Linux_6_18)]
    [InlineData("(Profile = KernelProfile.Linux_3_18)", KernelProfile.Linux_3_18)]
    public void What_differs_between_kernels_is_of_the_kernel_that_was_declared(string written, KernelProfile profile)
    {
        var lines = Support.Declared.Emit(string.Format(null, Stack, written)).Split('\n');
        Assert.Contains(lines, line => line.Contains($"({profile})", StringComparison.Ordinal));
        var differing = 0;
        foreach (var setting in Declared.SelectMany(type => type.GetProperties()))
        {
            var defaults = setting.GetCustomAttributes<DefaultAttribute>().ToArray();
            if (defaults.Length > 1)
            {
                differing++;
                var source = " // " + defaults.Single(one => one.Profile == profile).Source;
                Assert.Contains(
                    lines,
                    line => line.Contains($" {setting.Name} => ", StringComparison.Ordinal) && line.EndsWith(source, StringComparison.Ordinal));
            }
        }

        Assert.True(differing >= 19, $"only {differing} settings differ");
    }

    [Theory]
    [InlineData("int SynLinearTimeouts => 0;")]
    [InlineData("int SoMaxConn => 128;")]
    [InlineData("int LocalPortMaximum => 61000;")]
    [InlineData("int InitialReceiveWindow => 20;")]
    [InlineData("int LimitOutputBytes => 131072;")]
    [InlineData("SmallQueueRule Rule => global::Millrace.SmallQueueRule.Floor;")]
    [InlineData("int NeighbourQueueBytes => 65536;")]
    [InlineData("int Buckets => 1;")]
    [InlineData("int InitialCongestionWindow => 10;")]
    public void Constants_of_Linux_3_18(string constant) =>
        Assert.Contains(constant, Support.Declared.Emit(string.Format(null, Stack, "(Profile = KernelProfile.Linux_3_18)")), StringComparison.Ordinal);

    [Fact]
    public void What_is_written_stands_whatever_the_kernel() =>
        Assert.Contains(
            "int SoMaxConn => 7; // declared",
            Support.Declared.Emit(string.Format(null, Stack, "(Profile = KernelProfile.Linux_3_18)").Replace("[Tcp]", "[Tcp(SoMaxConn = 7)]", StringComparison.Ordinal)),
            StringComparison.Ordinal);

    [Fact]
    public void A_users_settings_have_one_default_for_all_kernels_if_they_name_no_other() =>
        Assert.Contains(
            "int Limit => 100; // net.limit",
            Support.Declared.Emit("[NetworkStack(Profile = KernelProfile.Linux_3_18)] [Limiter] public sealed partial class LimitStack;\n" + UserStages.Limiter),
            StringComparison.Ordinal);
}
