using System.Net;

namespace Millrace.Headers;

/// <summary>An internet address with a transport port.</summary>
public readonly record struct InetEndpoint(InetAddress Address, ushort Port)
{
    public IPEndPoint ToIPEndPoint() => new(Address.ToIPAddress(), Port);

    public override string ToString() => Address.IsIpv4 ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}
