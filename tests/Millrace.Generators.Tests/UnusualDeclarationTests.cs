using Millrace.Generators.Tests.Support;

namespace Millrace.Generators.Tests;

/// <summary>Declarations that are legal and that nobody thinks of first: what is emitted for them compiles.</summary>
public class UnusualDeclarationTests
{
    private const string End = "public sealed partial class Stack;\n";
    private const string Twin = "[TwinOf<Stack>] public sealed partial class Twin;\n";

    [Fact]
    public void Handlers_of_one_name_are_told_apart_by_a_number()
    {
        var text = Emit("""
            [NetworkStack] [Datagram] [Stream]
            [UdpHandler<First.Echo>(7)] [UdpHandler<Second.Echo>(8)] [UdpHandler<First.Echo>(9)]
            [UdpHandler<Of<int>>(10)] [UdpHandler<Of<string>>(11)]
            [TcpHandler<Page>(80)] [TcpHandler<Page>(81)] [TcpHandler<Page>] [TcpHandler<Page>]
            """ + End + Twin + """
            public static class First { public struct Echo : IUdpHandler { public void Received(UdpDatagram datagram) { } } }
            public static class Second { internal struct Echo : IUdpHandler { public void Received(UdpDatagram datagram) { } } }
            public struct Of<T> : IUdpHandler { public void Received(UdpDatagram datagram) { } }
            """ + UserStages.Transports);
        foreach (var name in new[] { "Echo = 0", "Echo2 = 1", "Echo3 = 2", "Of = 3", "Of2 = 4", "Page = 0", "Page2 = 1", "Page3 = 2", "Page4 = 3" })
        {
            Assert.Contains($"public const int {name};", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_keyword_is_a_name_like_any_other() =>
        Emit("namespace Acme.@event; [NetworkStack] [NicQueues(1)] public sealed partial class @class; [TwinOf<@class>] public sealed partial class @do;");

    [Theory]
    [InlineData("Packet")]
    [InlineData("Millrace")]
    [InlineData("System")]
    [InlineData("Verdict")]
    public void A_stack_may_have_the_name_of_something_that_the_emitted_code_uses(string name) =>
        Emit($"namespace Acme; [NetworkStack] [NicQueues(1)] [Ipv4(\"10.0.0.2/24\")] [Tcp] [AsyncSockets] public sealed partial class {name}; [TwinOf<{name}>] public sealed partial class Twin;");

    [Fact]
    public void A_type_that_an_attribute_names_becomes_the_type_argument_of_its_name()
    {
        var text = Emit("[NetworkStack] [Chooses(Rule = typeof(Yes), Depth = 3)] " + End + Twin + """
            public interface IChoosingSettings { [Default(1)] int Depth { get; } }
            public interface IRule { bool Judge(); }
            public struct Yes : IRule { public bool Judge() => true; }
            [StageType(typeof(ChoosingStage<,>))]
            public sealed class ChoosesAttribute : StageAttribute { public Type? Rule { get; set; } public int Depth { get; set; } }
            public struct ChoosingStage<TSettings, TRule> : IIngressStage where TSettings : struct, IChoosingSettings where TRule : struct, IRule
            {
                public Verdict Receive(ref Packet packet) => default(TRule).Judge() ? default : Verdict.Consumed;
            }
            """);
        Assert.Contains("private global::ChoosingStage<ChoosesSettings, global::Yes> _chooses;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_are_of_every_type_that_a_constant_can_have()
    {
        var text = Emit("""
            [NetworkStack(Runtime = RuntimeSettings.All)]
            [Kinds(Letter = '\'', Text = "a\"b", Flags = Ways.In | Ways.Out, Ports = new[] { 80, 443 }, Maybe = 5, Wide = ulong.MaxValue, Exact = 1e300)]
            """ + End + Twin + """
            [Flags] public enum Ways { In = 1, Out = 2 }
            public interface IKindsSettings
            {
                [Default('a')] char Letter { get; }
                [Default("")] string Text { get; }
                [Default(Ways.In)] Ways Flags { get; }
                [Default(new int[] { 1 })] int[] Ports { get; }
                [Default(null)] int? Maybe { get; }
                [Default(1)] ulong Wide { get; }
                [Default(0.5)] double Exact { get; }
            }
            [StageType(typeof(KindsStage<>))]
            public sealed class KindsAttribute : StageAttribute
            {
                public char Letter { get; set; }
                public string Text { get; set; } = "";
                public Ways Flags { get; set; }
                public int[] Ports { get; set; } = [];
                public int Maybe { get; set; }
                public ulong Wide { get; set; }
                public double Exact { get; set; }
            }
            public struct KindsStage<TSettings>(TSettings settings) : IIngressStage where TSettings : struct, IKindsSettings
            {
                public Verdict Receive(ref Packet packet) => settings.Maybe == settings.Ports[0] ? Verdict.Consumed : Verdict.Continue;
            }
            """);
        Assert.Contains("activeLetter = '\\'';", text, StringComparison.Ordinal);
        Assert.Contains("activeWide = 18446744073709551615UL;", text, StringComparison.Ordinal);
        Assert.Contains("activeMaybe = 5;", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Behind_an_optional_parameter_that_is_left_out_arguments_are_named()
    {
        var text = Emit("[NetworkStack] [Stage<Choosy>] " + End + Twin + """
            public struct Choosy(Arena arena, string? text = null, Ledger? ledger = null, params int[] more) : IIngressStage
            {
                public object?[] All = [arena, text, ledger, more];
                public Verdict Receive(ref Packet packet) => default;
            }
            """);
        Assert.Contains("_choosy = new global::Choosy(arena, ledger: ledger);", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_stage_provides_does_not_displace_a_member_and_a_summary_is_one_line() =>
        Emit("[NetworkStack] [Giving(Runtime = [\"Share\"])] " + End + Twin + """
            public interface IGivingSettings { [Default(0.5)] [Allowed(0, 1)] double Share { get; } }
            [StageType(typeof(GivingStage<>), Summary = "one\ntwo")]
            public sealed class GivingAttribute : StageAttribute;
            public struct GivingStage<TSettings>(TSettings settings) : IIngressStage where TSettings : struct, IGivingSettings
            {
                [Provides] public string Weight => "";
                public Verdict Receive(ref Packet packet) => settings.Share > 0 ? Verdict.Consumed : Verdict.Continue;
            }
            """);

    [Theory]
    [InlineData("0.0.0.0/0")]
    [InlineData("10.0.0.0/31")]
    [InlineData("192.0.2.7/32")]
    public async Task An_address_that_a_host_can_have_or_none_yet_is_taken(string address) =>
        Assert.Empty(await Declared.Analyze($"[NetworkStack] [NicQueues(1)] [Ipv4(\"{address}\")] " + End));

    /// <summary>What is emitted for the stack; it and the twin compile.</summary>
    private static string Emit(string source)
    {
        var (sources, compilation) = Declared.Generate(source);
        Declared.AssertCompiles(compilation);
        return sources[0].SourceText.ToString();
    }
}
