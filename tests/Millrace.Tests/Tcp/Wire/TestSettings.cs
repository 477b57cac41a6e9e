using System.Globalization;
using System.Reflection;
using Millrace.Headers;
using Millrace.Memory;

namespace Millrace.Tests.Tcp;

/// <summary>What a test chooses; everything else is Linux's default.</summary>
public sealed record TcpChoice
{
    /// <summary>The declared defaults of a kernel; capacities and offloads stay those of the tests.</summary>
    public static TcpChoice Of(KernelProfile profile)
    {
        var choice = new TcpChoice();
        foreach (var setting in new[] { typeof(ITcpSettings), typeof(ISocketMemorySettings), typeof(ISmallQueuesSettings) }.SelectMany(type => type.GetProperties()))
        {
            var defaults = setting.GetCustomAttributes<DefaultAttribute>().ToDictionary(one => one.Profile, one => one.Value);
            var own = typeof(TcpChoice).GetProperty(setting.Name);
            Assert.True(own is not null || defaults.Count == 1, $"{setting.Name} differs and is no choice");
            if (own is not null && setting.Name is not (nameof(MaxGsoSegments) or nameof(LimitOutputBytes)))
            {
                var value = defaults.GetValueOrDefault(profile, defaults[KernelProfile.Linux_6_18]);
                own.SetValue(choice, own.PropertyType == typeof(MemoryLimits) ? Limits((string)value!) : value);
            }
        }

        return choice;

        static MemoryLimits Limits(string text) =>
            text.Split(' ').Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray() is [var least, var usual, var most]
                ? new MemoryLimits(least, usual, most)
                : throw new FormatException(text);
    }

    public bool Timestamps { get; init; } = true;

    public bool WindowScaling { get; init; } = true;

    public bool StandardUrgent { get; init; }

    public bool AbortOnOverflow { get; init; }

    public bool Rfc1337 { get; init; }

    public int TimeWaitReuse { get; init; } = 2;

    public int TimeWaitReuseDelayMilliseconds { get; init; } = 1_000;

    public bool SlowStartAfterIdle { get; init; } = true;

    public int Retries1 { get; init; } = 3;

    public int MtuProbing { get; init; }

    public int BaseMss { get; init; } = 1_024;

    public int MtuProbeFloor { get; init; } = 48;

    public int NotSentLowat { get; init; } = int.MaxValue;

    public bool KeepAlive { get; init; }

    public int Transfers { get; init; }

    public int Ecn { get; init; } = 2;

    public bool Sack { get; init; } = true;

    public bool Dsack { get; init; } = true;

    public bool Rack { get; init; } = true;

    public bool TailLossProbe { get; init; } = true;

    public bool Frto { get; init; } = true;

    public int Reordering { get; init; } = 3;

    public int MaxReordering { get; init; } = 300;

    public int MaxGsoSegments { get; init; } = 1;

    /// <summary>Software finishes checksums: every segment of one frame is looked at whether it is right as it leaves TCP.</summary>
    public bool SumsPayloads { get; init; } = true;

    public int FastOpen { get; init; } = 1;

    public int FastOpenCacheEntries { get; init; } = 16;

    public int MaxTimeWaitBuckets { get; init; } = 16;

    public int SoMaxConn { get; init; } = 8;

    public bool ModerateReceiveBuffer { get; init; } = true;

    public int InitialReceiveWindow { get; init; }

    public int AdvWinScale { get; init; }

    public ReceiveBufferGrowth ReceiveBufferGrowth { get; init; }

    public int ChallengeAckLimit { get; init; } = int.MaxValue;

    public bool TimestampOffsets { get; init; } = true;

    public int PortCounters { get; init; } = 256;

    public int PacingRatio { get; init; } = 120;

    public int TsoRttLog { get; init; } = 9;

    public bool FastOpenExperimental { get; init; }

    public bool FastOpenPause { get; init; }

    public int SynLinearTimeouts { get; init; } = 4;

    public int SynCookies { get; init; } = 1;

    public int MaxOrphans { get; init; } = 8192;

    public int OrphanRetries { get; init; }

    public int InvalidRateLimitMilliseconds { get; init; } = 500;

    public SmallQueueRule Rule { get; init; }

    public int LocalPortMinimum { get; init; } = 32768;

    public int LocalPortMaximum { get; init; } = 60999;

    public MemoryLimits Rmem { get; init; } = new(4096, 131072, 33554432);

    public MemoryLimits Wmem { get; init; } = new(4096, 16384, 4194304);

    public int RmemMax { get; init; } = 4_194_304;

    public int WmemMax { get; init; } = 4_194_304;

    /// <summary>In pages; the share of the arena bounds it.</summary>
    public MemoryLimits Mem { get; init; } = new(786_432, 1_048_576, 1_572_864);

    public int Connections { get; init; } = 4;

    public int SocketFrames { get; init; } = 4096;

    public int Mtu { get; init; } = 1500;

    public int OutboxCapacity { get; init; } = 256;

    /// <summary>0 leaves small queues out.</summary>
    public int LimitOutputBytes { get; init; }
}

public readonly struct TestTcpSettings(TcpChoice choice) : ITcpSettings
{
    public int SynRetries => 6;

    public int SynLinearTimeouts => choice.SynLinearTimeouts;

    public int SynAckRetries => 5;

    public int SynCookies => choice.SynCookies;

    public bool StandardUrgent => choice.StandardUrgent;

    public bool AbortOnOverflow => choice.AbortOnOverflow;

    public bool Rfc1337 => choice.Rfc1337;

    public int TimeWaitReuse => choice.TimeWaitReuse;

    public int TimeWaitReuseDelayMilliseconds => choice.TimeWaitReuseDelayMilliseconds;

    public bool SlowStartAfterIdle => choice.SlowStartAfterIdle;

    public int Retries1 => choice.Retries1;

    public int MtuProbing => choice.MtuProbing;

    public int BaseMss => choice.BaseMss;

    public int MtuProbeFloor => choice.MtuProbeFloor;

    public int NotSentLowat => choice.NotSentLowat;

    public int OrphanRetries => choice.OrphanRetries;

    public int MaxOrphans => choice.MaxOrphans;

    public int Retries2 => 15;

    public int RtoMinMilliseconds => 200;

    public int RtoMaxMilliseconds => 120_000;

    public bool Timestamps => choice.Timestamps;

    public bool WindowScaling => choice.WindowScaling;

    public int FinTimeoutSeconds => 60;

    public int MaxTimeWaitBuckets => choice.MaxTimeWaitBuckets;

    public bool KeepAlive => choice.KeepAlive;

    public int KeepAliveTimeSeconds => 7200;

    public int KeepAliveIntervalSeconds => 75;

    public int KeepAliveProbes => 9;

    public int SoMaxConn => choice.SoMaxConn;

    public int LocalPortMinimum => choice.LocalPortMinimum;

    public int LocalPortMaximum => choice.LocalPortMaximum;

    public int InitialCongestionWindow => 10;

    public int Transfers => choice.Transfers;

    public int Ecn => choice.Ecn;

    public bool Sack => choice.Sack;

    public bool Dsack => choice.Dsack;

    public bool Rack => choice.Rack;

    public bool TailLossProbe => choice.TailLossProbe;

    public bool Frto => choice.Frto;

    public int Reordering => choice.Reordering;

    public int MaxReordering => choice.MaxReordering;

    public int InvalidRateLimitMilliseconds => choice.InvalidRateLimitMilliseconds;

    public int MinimumSegmentSize => 48;

    public bool ModerateReceiveBuffer => choice.ModerateReceiveBuffer;

    public int MaxGsoSegments => choice.MaxGsoSegments;

    public int FastOpen => choice.FastOpen;

    public int FastOpenCacheEntries => choice.FastOpenCacheEntries;

    public int InitialReceiveWindow => choice.InitialReceiveWindow;

    public int AdvWinScale => choice.AdvWinScale;

    public ReceiveBufferGrowth ReceiveBufferGrowth => choice.ReceiveBufferGrowth;

    public int ChallengeAckLimit => choice.ChallengeAckLimit;

    public bool TimestampOffsets => choice.TimestampOffsets;

    public int PortCounters => choice.PortCounters;

    public int PacingRatio => choice.PacingRatio;

    public int PacingSlowStartRatio => 200;

    public int MinTsoSegs => 2;

    public int TsoRttLog => choice.TsoRttLog;

    public bool FastOpenExperimental => choice.FastOpenExperimental;

    public bool FastOpenPause => choice.FastOpenPause;
}

public readonly struct TestSocketMemory(TcpChoice choice) : ISocketMemorySettings
{
    public MemoryLimits Rmem => choice.Rmem;

    public MemoryLimits Wmem => choice.Wmem;

    public MemoryLimits Mem => choice.Mem;

    public int RmemMax => choice.RmemMax;

    public int WmemMax => choice.WmemMax;
}

public readonly struct TestSmallQueues(TcpChoice choice) : ISmallQueuesSettings
{
    public int LimitOutputBytes => choice.LimitOutputBytes;

    public SmallQueueRule Rule => choice.Rule;
}

/// <summary>A network layer with one interface and a path MTU that a test may change.</summary>
public sealed class TestNetwork(InetAddress own, int mtu) : NetworkLayer
{
    public int Mtu { get; set; } = mtu;

    public bool HasRoute { get; set; } = true;

    public override bool TryRoute(InetAddress destination, out Route route)
    {
        route = new Route(own, 0, destination == own, Mtu);
        return HasRoute;
    }

    public override int PathMtu(InetAddress destination) => Mtu;

    public override int LearnPathMtu(InetAddress destination, int mtu, long now) => Mtu = Math.Min(Mtu, mtu);

    public override bool IsLocal(InetAddress address) => address == own;

    public override int HeaderLength(InetAddress destination) => 20;

    public override void Reject(Frame packet, RejectReason reason, long now)
    {
    }
}
