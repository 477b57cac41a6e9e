using Millrace.Ingress;

[assembly: Millrace.Fallback(Millrace.PacketFact.ChecksumVerified, typeof(Millrace.SoftwareChecksumAttribute))]

namespace Millrace;

/// <summary>
/// Lets the NIC verify and finish transport checksums where it can; software does the rest. A stack that does not declare
/// it computes every checksum itself (<see cref="SoftwareChecksumAttribute"/>).
/// </summary>
[StageType(typeof(ChecksumStage<>), Place = 300, Summary = "verifies and finishes transport checksums that the NIC has not")]
public sealed class ChecksumOffloadAttribute : StageAttribute
{
    /// <inheritdoc cref="IChecksumOffloadSettings.Receive"/>
    public bool Receive { get; set; }

    /// <inheritdoc cref="IChecksumOffloadSettings.Transmit"/>
    public bool Transmit { get; set; }
}

/// <summary>
/// Verifies and finishes transport checksums without the NIC's help. It need not be declared: the generator puts it in
/// where a stage needs checksums and <see cref="ChecksumOffloadAttribute"/> is not declared.
/// </summary>
[StageType(typeof(SoftwareChecksumStage), Place = 300, Summary = "verifies and finishes transport checksums in software")]
public sealed class SoftwareChecksumAttribute : StageAttribute;

/// <summary>Settings of <see cref="ChecksumOffloadAttribute"/>.</summary>
public interface IChecksumOffloadSettings
{
    /// <summary>Whether a NIC's word that a received checksum is right is taken (NETIF_F_RXCSUM).</summary>
    [Default(true, Source = "ethtool -K rx")]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Receive { get; }

    /// <summary>Whether a NIC that can finish checksums is left to do it (NETIF_F_HW_CSUM).</summary>
    [Default(true, Source = "ethtool -K tx")]
    [Undeclared(false)]
    [SameIn(KernelProfile.Linux_3_18)]
    bool Transmit { get; }
}
