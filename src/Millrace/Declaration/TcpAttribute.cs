using Millrace.Tcp;

namespace Millrace;

/// <summary>TCP (RFC 9293 and what updates it), with Linux's defaults.</summary>
[StageType(typeof(TcpStage<,,,,,,>), Place = 2100, Summary = "takes TCP segments to their connections and sends what applications wrote")]
public sealed class TcpAttribute : StageAttribute
{
    /// <summary>
    /// The algorithm of congestion control: <see cref="Cubic"/>, <see cref="CubicHyStartPlusPlus"/>, <see cref="NewReno"/> or a struct of the user's own that implements
    /// <see cref="ICongestionControl"/>. It is compiled in, so it cannot change at run time.
    /// </summary>
    [Default(typeof(Cubic), Source = "tcp_congestion_control")]
    [SameIn(KernelProfile.Linux_3_18)]
    public Type CongestionControl { get; set; } = typeof(Cubic);

    /// <inheritdoc cref="ITcpSettings.Ecn"/>
    public int Ecn { get; set; }

    /// <inheritdoc cref="ITcpSettings.Sack"/>
    public bool Sack { get; set; }

    /// <inheritdoc cref="ITcpSettings.Dsack"/>
    public bool Dsack { get; set; }

    /// <inheritdoc cref="ITcpSettings.Rack"/>
    public bool Rack { get; set; }

    /// <inheritdoc cref="ITcpSettings.TailLossProbe"/>
    public bool TailLossProbe { get; set; }

    /// <inheritdoc cref="ITcpSettings.Frto"/>
    public bool Frto { get; set; }

    /// <inheritdoc cref="ITcpSettings.Reordering"/>
    public int Reordering { get; set; }

    /// <inheritdoc cref="ITcpSettings.MaxReordering"/>
    public int MaxReordering { get; set; }

    /// <inheritdoc cref="ITcpSettings.Transfers"/>
    public int Transfers { get; set; }

    /// <inheritdoc cref="ITcpSettings.SynRetries"/>
    public int SynRetries { get; set; }

    /// <inheritdoc cref="ITcpSettings.SynLinearTimeouts"/>
    public int SynLinearTimeouts { get; set; }

    /// <inheritdoc cref="ITcpSettings.SynAckRetries"/>
    public int SynAckRetries { get; set; }

    /// <inheritdoc cref="ITcpSettings.SynCookies"/>
    public int SynCookies { get; set; }

    /// <inheritdoc cref="ITcpSettings.Retries2"/>
    public int Retries2 { get; set; }

    /// <inheritdoc cref="ITcpSettings.RtoMinMilliseconds"/>
    public int RtoMinMilliseconds { get; set; }

    /// <inheritdoc cref="ITcpSettings.RtoMaxMilliseconds"/>
    public int RtoMaxMilliseconds { get; set; }

    /// <inheritdoc cref="ITcpSettings.Timestamps"/>
    public bool Timestamps { get; set; }

    /// <inheritdoc cref="ITcpSettings.WindowScaling"/>
    public bool WindowScaling { get; set; }

    /// <inheritdoc cref="ITcpSettings.OrphanRetries"/>
    public int OrphanRetries { get; set; }

    /// <inheritdoc cref="ITcpSettings.MaxOrphans"/>
    public int MaxOrphans { get; set; }

    /// <inheritdoc cref="ITcpSettings.FinTimeoutSeconds"/>
    public int FinTimeoutSeconds { get; set; }

    /// <inheritdoc cref="ITcpSettings.MaxTimeWaitBuckets"/>
    public int MaxTimeWaitBuckets { get; set; }

    /// <inheritdoc cref="ITcpSettings.KeepAlive"/>
    public bool KeepAlive { get; set; }

    /// <inheritdoc cref="ITcpSettings.KeepAliveTimeSeconds"/>
    public int KeepAliveTimeSeconds { get; set; }

    /// <inheritdoc cref="ITcpSettings.KeepAliveIntervalSeconds"/>
    public int KeepAliveIntervalSeconds { get; set; }

    /// <inheritdoc cref="ITcpSettings.KeepAliveProbes"/>
    public int KeepAliveProbes { get; set; }

    /// <inheritdoc cref="ITcpSettings.SoMaxConn"/>
    public int SoMaxConn { get; set; }

    /// <inheritdoc cref="ITcpSettings.LocalPortMinimum"/>
    public int LocalPortMinimum { get; set; }

    /// <inheritdoc cref="ITcpSettings.LocalPortMaximum"/>
    public int LocalPortMaximum { get; set; }

    /// <inheritdoc cref="ITcpSettings.NotSentLowat"/>
    public int NotSentLowat { get; set; }

    /// <inheritdoc cref="ITcpSettings.StandardUrgent"/>
    public bool StandardUrgent { get; set; }

    /// <inheritdoc cref="ITcpSettings.AbortOnOverflow"/>
    public bool AbortOnOverflow { get; set; }

    /// <inheritdoc cref="ITcpSettings.Rfc1337"/>
    public bool Rfc1337 { get; set; }

    /// <inheritdoc cref="ITcpSettings.TimeWaitReuse"/>
    public int TimeWaitReuse { get; set; }

    /// <inheritdoc cref="ITcpSettings.TimeWaitReuseDelayMilliseconds"/>
    public int TimeWaitReuseDelayMilliseconds { get; set; }

    /// <inheritdoc cref="ITcpSettings.SlowStartAfterIdle"/>
    public bool SlowStartAfterIdle { get; set; }

    /// <inheritdoc cref="ITcpSettings.Retries1"/>
    public int Retries1 { get; set; }

    /// <inheritdoc cref="ITcpSettings.MtuProbing"/>
    public int MtuProbing { get; set; }

    /// <inheritdoc cref="ITcpSettings.BaseMss"/>
    public int BaseMss { get; set; }

    /// <inheritdoc cref="ITcpSettings.MtuProbeFloor"/>
    public int MtuProbeFloor { get; set; }

    /// <inheritdoc cref="ITcpSettings.InitialCongestionWindow"/>
    public int InitialCongestionWindow { get; set; }

    /// <inheritdoc cref="ITcpSettings.InvalidRateLimitMilliseconds"/>
    public int InvalidRateLimitMilliseconds { get; set; }

    /// <inheritdoc cref="ITcpSettings.MinimumSegmentSize"/>
    public int MinimumSegmentSize { get; set; }

    /// <inheritdoc cref="ITcpSettings.ModerateReceiveBuffer"/>
    public bool ModerateReceiveBuffer { get; set; }

    /// <inheritdoc cref="ITcpSettings.MaxGsoSegments"/>
    public int MaxGsoSegments { get; set; }

    /// <inheritdoc cref="ITcpSettings.FastOpen"/>
    public int FastOpen { get; set; }

    /// <inheritdoc cref="ITcpSettings.FastOpenCacheEntries"/>
    public int FastOpenCacheEntries { get; set; }

    /// <inheritdoc cref="ITcpSettings.InitialReceiveWindow"/>
    public int InitialReceiveWindow { get; set; }

    /// <inheritdoc cref="ITcpSettings.AdvWinScale"/>
    public int AdvWinScale { get; set; }

    /// <inheritdoc cref="ITcpSettings.ReceiveBufferGrowth"/>
    public ReceiveBufferGrowth ReceiveBufferGrowth { get; set; }

    /// <inheritdoc cref="ITcpSettings.ChallengeAckLimit"/>
    public int ChallengeAckLimit { get; set; }

    /// <inheritdoc cref="ITcpSettings.TimestampOffsets"/>
    public bool TimestampOffsets { get; set; }

    /// <inheritdoc cref="ITcpSettings.PortCounters"/>
    public int PortCounters { get; set; }

    /// <inheritdoc cref="ITcpSettings.PacingRatio"/>
    public int PacingRatio { get; set; }

    /// <inheritdoc cref="ITcpSettings.PacingSlowStartRatio"/>
    public int PacingSlowStartRatio { get; set; }

    /// <inheritdoc cref="ITcpSettings.MinTsoSegs"/>
    public int MinTsoSegs { get; set; }

    /// <inheritdoc cref="ITcpSettings.TsoRttLog"/>
    public int TsoRttLog { get; set; }

    /// <inheritdoc cref="ITcpSettings.FastOpenExperimental"/>
    public bool FastOpenExperimental { get; set; }

    /// <inheritdoc cref="ITcpSettings.FastOpenPause"/>
    public bool FastOpenPause { get; set; }
}
