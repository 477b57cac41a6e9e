namespace Millrace.Peers.Systems;

/// <summary>The systems under test.</summary>
internal static class SystemNames
{
    public const string Jit = "millrace-jit";
    public const string Aot = "millrace-aot";
    public const string AotBaseline = "millrace-aot-baseline";
    public const string Floor = "floor";
    public const string Dpdk = "dpdk";

    /// <summary>What people use today; the floor is no peer, because nobody uses it.</summary>
    public static IReadOnlyList<string> Peers { get; } = ["lwip", "gvisor", Dpdk, "linux"];

    public static IReadOnlyList<string> All { get; } = [Jit, Aot, AotBaseline, Floor, .. Peers];
}
