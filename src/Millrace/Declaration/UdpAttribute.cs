namespace Millrace;

/// <summary>UDP: checks datagrams and hands them to the applications declared with <see cref="UdpHandlerAttribute{THandler}"/>.</summary>
[StageType(typeof(Udp.UdpStage<,>), Place = 2000, Summary = "checks UDP datagrams and calls the handler of their port")]
public sealed class UdpAttribute : StageAttribute
{
    /// <summary>Whether datagrams are sent with a checksum (the opposite of SO_NO_CHECK).</summary>
    public bool TransmitChecksum { get; set; }
}

/// <summary>Settings of <see cref="UdpAttribute"/>.</summary>
public interface IUdpSettings
{
    [Default(true, Source = "SO_NO_CHECK")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool TransmitChecksum { get; }
}
