using Millrace.Headers;
using Millrace.Ip;
using Millrace.Nics;
using Millrace.Tcp;

namespace Millrace.Stack.Tests.Networks;

/// <summary>A declared host, and what a test of networks needs of it.</summary>
/// <param name="Write">Changes a setting by the kernel's name.</param>
internal sealed record Host(INetworkStack Stack, TcpSockets Tcp, Ipv4Layer Ipv4, ExchangePlan Plan, Action<string, string> Write)
{
    public InetEndpoint Port80 => new(InetAddress.FromIpv4(Ipv4.AddressOf(0).Address), 80);
}

/// <summary>Makes a host behind a NIC.</summary>
internal delegate Host HostMaker(Nic nic, Entropy entropy, ExchangePlan plan);

/// <summary>An algorithm of congestion control and the hosts that have it. Every test of networks takes them from <see cref="All"/>.</summary>
/// <param name="Offload">With GRO, GSO and small queues.</param>
/// <param name="Plain">Without.</param>
/// <param name="Wide">Plain, with memory for long fat paths.</param>
internal sealed record CongestionHosts(string Name, HostMaker Offload, HostMaker Plain, HostMaker Wide)
{
    public static IReadOnlyList<CongestionHosts> All { get; } =
    [
        new(
            "CUBIC",
            (nic, entropy, plan) => Of(new CubicOffloadHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write)),
            (nic, entropy, plan) => Of(new CubicPlainHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write)),
            (nic, entropy, plan) => Of(new CubicWideHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write))),
        new(
            "CUBIC, HyStart++",
            (nic, entropy, plan) => Of(new HyStartPlusPlusOffloadHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write)),
            (nic, entropy, plan) => Of(new HyStartPlusPlusPlainHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write)),
            (nic, entropy, plan) => Of(new HyStartPlusPlusWideHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write))),
        new(
            "NewReno",
            (nic, entropy, plan) => Of(new NewRenoOffloadHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write)),
            (nic, entropy, plan) => Of(new NewRenoPlainHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write)),
            (nic, entropy, plan) => Of(new NewRenoWideHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write))),
        new(
            "BBR",
            (nic, entropy, plan) => Of(new BbrOffloadHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write)),
            (nic, entropy, plan) => Of(new BbrPlainHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write)),
            (nic, entropy, plan) => Of(new BbrWideHost(new() { Nic = nic, Entropy = entropy, Plan = plan }), plan, stack => (stack.Tcp, stack.Ipv4, stack.Settings.Write))),
    ];

    public static CongestionHosts Named(string name) => All.Single(hosts => hosts.Name == name);

    private static Host Of<TStack>(TStack stack, ExchangePlan plan, Func<TStack, (TcpSockets Tcp, Ipv4Layer Ipv4, Action<string, string> Write)> surface)
        where TStack : INetworkStack
    {
        var (tcp, ipv4, write) = surface(stack);
        return new Host(stack, tcp, ipv4, plan, write);
    }
}
